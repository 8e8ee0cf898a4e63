"""`python -m data_tools.feedback CONFIG`: see data_tools.feedback.find."""

from data_tools.feedback.find import main

if __name__ == "__main__":
    main()
