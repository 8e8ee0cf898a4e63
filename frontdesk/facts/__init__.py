"""What a text states and whether an FAQ bears it out, for data, scorecard and serving alike. Pure functions,
no model.

values.values(text)                               its prices, durations, times, addresses, numbers
yes_no.says(text)                                 yes or no, as a whole
statements.states(answer, facts)                  whether it states expected facts, in whatever spelling
sources.invented(answer, company(texts), said)    its values that neither the company's texts nor the turns before have
entries.rests_on(answer, entries, said)           the FAQ entry that it rests on
contradictions.FaqFacts(entries).contradiction(question, answer)    where it says another value than the entry it is about
denials.contradicted(answer, facts, answers, said)                  which expected facts it denies, or adds another value to
handoff.is_handoff(answer, sentences)             whether it escalates or refuses
"""
