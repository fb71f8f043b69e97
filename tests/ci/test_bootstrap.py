from tests.ci.workplace import Workplace


def cdk(workplace: Workplace) -> list[list[str]]:
    return [call[1:] for call in workplace.calls if call[0] == "cdk"]


def test_the_toolkits_roles_get_the_policies_that_were_made(workplace: Workplace) -> None:
    result = workplace.run("bootstrap")

    assert result.returncode == 0, result.stderr
    deploy, bootstrap = cdk(workplace)
    assert deploy[:2] == ["deploy", "BootstrapStack"]
    assert bootstrap == [
        "bootstrap",
        "aws://123456789012/eu-west-2",
        "--cloudformation-execution-policies",
        "arn:one,arn:two",
        "--custom-permissions-boundary",
        "bound",
        "--apply-permissions-boundary-to-all-roles",
    ]


def test_an_account_without_the_policies_is_not_bootstrapped(workplace: Workplace) -> None:
    workplace.order((["cdk", "deploy"], "fail"))

    assert workplace.run("bootstrap").returncode == 1
    assert len(cdk(workplace)) == 1


def test_a_dry_run_changes_nothing(workplace: Workplace) -> None:
    assert workplace.run("bootstrap", DRY_RUN="1").returncode == 0
    ((command, *_),) = cdk(workplace)
    assert command == "diff"
