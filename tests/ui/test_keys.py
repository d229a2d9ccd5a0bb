from collections import Counter

from apps.ui import keys


def test_no_key_means_two_things_in_one_scope():
    for scope, lines in keys.SCOPES:
        twice = [key for key, times in Counter(tuple(line[0]) for line in lines).items() if times > 1]
        assert not twice, scope


def test_no_scope_takes_a_key_that_works_everywhere():
    everywhere = {tuple(combination) for combination, _ in keys.SCOPES[0][1]}

    for scope, lines in keys.SCOPES[1:]:
        taken = {tuple(combination) for combination, _ in lines} & everywhere
        assert taken <= {("Esc",)}, scope


def test_every_place_has_its_own_second_key():
    assert len(set(keys.GO_TO.values())) == len(keys.GO_TO)


def test_the_help_lists_every_place():
    listed = {combination[1] for combination, _ in keys.SCOPES[0][1] if combination[0] == "g"}

    assert listed == set(keys.GO_TO.values())


def test_deciding_letters_do_not_meet_each_other():
    deciding = {line[0][0]: line[1] for line in keys.SCOPES[4][1]}

    assert {"a", "r", "x", "w", "c", "n", "b"} <= deciding.keys()
