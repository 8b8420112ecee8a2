"""Filter -> Predicate -> Plan: names and types, then strategies and parameters. Pure data all the way."""

from segsql.plan.bind import plan_scan, plan_segment
from segsql.plan.conditions import Resolved
from segsql.plan.fields import country_codes
from segsql.plan.plan import Form, IdRange, Output, Parameter, Plan, ScanForm, SegmentForm, TagPass, Value
from segsql.plan.predicate import Predicate
from segsql.plan.resolve import Resolver
from segsql.plan.shape import TagStrategy
from segsql.plan.strategy import AUTO, MAX_EXISTS, Forced

__all__ = [
    "AUTO",
    "MAX_EXISTS",
    "Forced",
    "Form",
    "IdRange",
    "Output",
    "Parameter",
    "Plan",
    "Predicate",
    "Resolved",
    "Resolver",
    "ScanForm",
    "SegmentForm",
    "TagPass",
    "TagStrategy",
    "Value",
    "country_codes",
    "plan_scan",
    "plan_segment",
]
