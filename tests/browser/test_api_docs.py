"""The description of the API in a browser, without the internet."""


def test_the_pages_of_the_api_show_a_route_and_keep_the_content_policy(visit):
    page = visit()

    page.goto("/api/v1/docs")
    page.locator("#operations-tag-capsules").click()
    route = page.locator("#operations-capsules-capsules_list")
    route.locator(".opblock-summary-control").click()

    route.get_by_text("sensitivity", exact=True).first.wait_for()
