"""The list of what an image holds adds up."""

from benchmarks.image import table

MEGABYTE = 1_000_000


def test_packages_are_listed_largest_first_and_the_rest_makes_the_sum() -> None:
    packages = {
        "backend": {"granian": 20 * MEGABYTE, "sqlalchemy": 30 * MEGABYTE},
        "frontend": {"granian": 20 * MEGABYTE, "urllib3": 1 * MEGABYTE},
    }
    listed = table({"backend": 55 * MEGABYTE, "frontend": 22 * MEGABYTE}, packages)
    assert listed.columns == ["", "backend", "frontend"]
    assert listed.rows == [
        ["sqlalchemy", "30.0", ""],
        ["granian", "20.0", "20.0"],
        ["urllib3", "", "1.0"],
        ["the rest", "5.0", "1.0"],
        ["**all that is added**", "55.0", "22.0"],
    ]
