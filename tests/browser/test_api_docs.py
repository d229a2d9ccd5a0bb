def test_the_pages_of_the_api_show_every_route_and_keep_the_content_policy(visit):
    page = visit()

    page.goto("/api/v1/docs")

    operation = page.locator("#operations-capsules-capsules_list")
    operation.locator(".opblock-summary").click()
    operation.get_by_text("sensitivity").first.wait_for()
