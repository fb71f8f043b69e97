"""Budgets, of which nothing is ever spent."""

from typing import Any

from ministack.core.responses import get_account_id

from rehearsal.aws.resources.resource_type import Made, Properties, ResourceType, client


def _create(properties: Properties, _name: str) -> Made:
    budget = _budget(properties)
    client("budgets").create_budget(
        AccountId=get_account_id(),
        Budget=budget,
        NotificationsWithSubscribers=[_typed(item) for item in properties["NotificationsWithSubscribers"]],
        ResourceTags=properties.get("ResourceTags", []),
    )
    return budget["BudgetName"], {}


def _update(name: str, _old: Properties, new: Properties) -> Made:
    budget = _budget(new)
    if budget["BudgetName"] != name:
        return _create(new, "")
    client("budgets").update_budget(AccountId=get_account_id(), NewBudget=budget)
    return name, {}


def _delete(name: str, _properties: Properties) -> None:
    budgets = client("budgets")
    try:
        budgets.delete_budget(AccountId=get_account_id(), BudgetName=name)
    except budgets.exceptions.NotFoundException:
        return


def _budget(properties: Properties) -> dict[str, Any]:
    """Return the budget as its API takes it: amounts are text there."""
    budget = properties["Budget"]
    limit = budget["BudgetLimit"]
    return {**budget, "BudgetLimit": {**limit, "Amount": str(limit["Amount"])}}


def _typed(item: Properties) -> dict[str, Any]:
    """Return who is told of what as the API takes it: thresholds are numbers there."""
    told = item["Notification"]
    return {**item, "Notification": {**told, "Threshold": float(told["Threshold"])}}


TYPES = {
    "AWS::Budgets::Budget": ResourceType(_create, _delete, _update, frozenset({"NotificationsWithSubscribers"})),
}
