"""Who is an agent: by name, by pattern, by an alias, by what the export says; and the mistake of naming none."""

import pytest

from data_tools.conversations.speakers import Speakers
from data_tools.readers.records import Person
from frontdesk.errors import UserError


@pytest.mark.parametrize(
    ("agent", "name", "role"),
    [
        ("Shop", "Shop", "agent"),
        ("Shop", "SHOP", "agent"),
        (" Shop ", "Shop", "agent"),
        ("Shop", "Shopkeeper", "customer"),
        ("Shop*", "Shopkeeper", "agent"),
        ("*상담원*", "행복상담원 2", "agent"),
        ("* (Shop)", "Ann (Shop)", "agent"),
        ("* (Shop)", "Ann Shop", "customer"),
        ("[Shop] A.n", "[Shop] A.n", "agent"),
        ("[Shop] A.n", "S", "customer"),
        ("[Shop] A.n", "[Shop] Ann", "customer"),
        ("*", "anybody\nat all", "agent"),
        ("*", "", "agent"),
        ("Shop", "", "customer"),
        ("A+B|C", "C", "customer"),
    ],
)
def test_agents_are_those_whom_the_config_names(agent, name, role):
    assert Speakers([agent]).role(name) == role


def test_one_of_several_names_is_enough():
    speakers = Speakers(["Ann", "Bo*"])

    assert [speakers.role(name) for name in ("Ann", "Bob", "Cy")] == ["agent", "agent", "customer"]


def test_an_alias_of_an_agent_is_one_too():
    speakers = Speakers(["ann@shop.example"], [Person(("Ann", "ann@shop.example")), Person(("Cy", "cy@home.example"))])

    assert [speakers.role(name) for name in ("Ann", "ann@shop.example", "Cy")] == ["agent", "agent", "customer"]


def spoken(speakers, **counts):
    for name, count in counts.items():
        for _ in range(count):
            speakers.role(name)
    return speakers


@pytest.mark.parametrize(("agents", "named"), [((), "no agent is named"), (("Store", "Desk*"), "the agents are 'Store', 'Desk*'")])
def test_nobody_known_as_an_agent_is_an_error_that_lists_the_speakers(agents, named):
    with pytest.raises(UserError) as error:
        spoken(Speakers(agents), Shop=2, Ann=3).check("room.txt")

    assert str(error.value).startswith(f"room.txt: found the speakers 'Ann' (3 messages), 'Shop' (2 messages), and {named}; expected the ")
    assert "; set data.agents in the config, or pass --agent NAME" in str(error.value)


def test_the_error_lists_those_who_spoke_most_of_many():
    speakers = spoken(Speakers([]), **{f"n{number}": number for number in range(1, 30)})
    with pytest.raises(UserError, match=r"'n29' \(29 messages\).*'n22' \(22 messages\), and") as error:
        speakers.check("room.txt")
    assert "'n21'" not in str(error.value)


def test_a_file_with_an_agent_or_without_speakers_is_right():
    spoken(Speakers(["Shop"]), Ann=3, Shop=1).check("room.txt")
    Speakers([]).check("room.txt")


def test_one_lone_speaker_is_a_customer_whom_nobody_answered():
    spoken(Speakers(["Shop"]), Ann=3).check("room.txt")
    with pytest.raises(UserError, match=r"'Ann' \(3 messages\), and no agent is named"):
        spoken(Speakers([]), Ann=3).check("room.txt")


def test_each_file_is_judged_by_those_who_spoke_in_it():
    speakers = Speakers(["Shop"])
    spoken(speakers, Ann=1, Shop=1).check("one.txt")
    with pytest.raises(UserError, match=r"two\.txt: found the speakers 'Ann' \(2 messages\), 'Cy' \(1 messages\)"):
        spoken(speakers, Ann=2, Cy=1).check("two.txt")
    speakers.check("three.txt")
