"""Personal data that has a form: numbers, addresses, e-mail and secrets."""
