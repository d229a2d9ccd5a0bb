"""When a capsule is checked and profiled by itself, over the API."""

from tests.factories.quality import QualityScheduleFactory

TIMES = {"cron": "0 6 * * 1-5", "profile_cron": "0 3 * * 0", "zone": "Europe/Berlin", "after_ingest": True}


def test_times_are_set_as_a_whole_and_read_again(producer, analyst, orders):
    answer = producer.put(f"/capsules/{orders.urn}/quality-schedule", TIMES)

    assert answer.status_code == 200
    read = analyst.get(f"/capsules/{orders.urn}/quality-schedule").body
    assert read == answer.body
    assert read.items() >= {**TIMES, "is_on": True}.items()
    assert read["next_due"].startswith("20")

    shorter = producer.put(f"/capsules/{orders.urn}/quality-schedule", {"cron": "0 6 * * *"}).body
    assert (shorter["profile_cron"], shorter["after_ingest"], shorter["zone"]) == ("", False, "UTC")


def test_a_capsule_without_times_says_so(analyst, orders):
    body = analyst.get(f"/capsules/{orders.urn}/quality-schedule").body

    assert (body["cron"], body["profile_cron"], body["next_due"]) == ("", "", None)


def test_what_cannot_be_meant_is_said_at_its_field(producer, orders):
    url = f"/capsules/{orders.urn}/quality-schedule"
    for field, wrong in (("cron", "* * * * *"), ("profile_cron", "soon"), ("zone", "Europe/Atlantis")):
        answer = producer.put(url, {**TIMES, field: wrong})
        assert (answer.status_code, list(answer.body["fields"])) == (400, [field])


def test_who_may_not_check_may_not_set_times(analyst, orders):
    QualityScheduleFactory(capsule=orders, cron="0 1 * * *")
    url = f"/capsules/{orders.urn}/quality-schedule"

    assert analyst.put(url, TIMES).status_code == 403
    assert analyst.get(url).body["cron"] == "0 1 * * *"
