"""Filter -> Predicate -> Plan: names and types, then strategies and parameters. Pure data all the way."""

from segsql.plan.conditions import Resolved
from segsql.plan.days import find_zone
from segsql.plan.fields import country_codes
from segsql.plan.kept import forget
from segsql.plan.plan import (
    Form,
    IdRange,
    Output,
    Parameter,
    Placed,
    Plan,
    ScanForm,
    SegmentForm,
    Strategies,
    TagPass,
    Value,
)
from segsql.plan.predicate import Predicate
from segsql.plan.resolve import Resolver, referred_segments
from segsql.plan.scan import plan_scan
from segsql.plan.segment import plan_segment
from segsql.plan.shape import ActivityStrategy, EavStrategy, TagStrategy
from segsql.plan.strategy import AUTO, MAX_EXISTS, Forced, check_possible

__all__ = [
    "AUTO",
    "MAX_EXISTS",
    "ActivityStrategy",
    "EavStrategy",
    "Forced",
    "Form",
    "IdRange",
    "Output",
    "Parameter",
    "Placed",
    "Plan",
    "Predicate",
    "Resolved",
    "Resolver",
    "ScanForm",
    "SegmentForm",
    "Strategies",
    "TagPass",
    "TagStrategy",
    "Value",
    "check_possible",
    "country_codes",
    "find_zone",
    "forget",
    "plan_scan",
    "plan_segment",
    "referred_segments",
]
