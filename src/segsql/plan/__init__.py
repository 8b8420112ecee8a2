"""Filter -> Predicate -> Plan: names and types, then strategies and parameters. Pure data all the way."""

from segsql.plan.conditions import Resolved
from segsql.plan.contact import facts_in, plan_contact
from segsql.plan.days import find_zone
from segsql.plan.fields import country_codes
from segsql.plan.kept import forget
from segsql.plan.plan import (
    Combined,
    ContactForm,
    Form,
    IdRange,
    OneId,
    Output,
    Parameter,
    Placed,
    Plan,
    ScanForm,
    SegmentForm,
    ShownFact,
    TagPass,
    Value,
)
from segsql.plan.predicate import Predicate
from segsql.plan.reasons import WORDS, Reason, Strategies, Taken
from segsql.plan.resolve import Resolver, referred_segments
from segsql.plan.scan import plan_scan
from segsql.plan.segment import plan_segment
from segsql.plan.shape import ActivityStrategy, EavStrategy, TagStrategy
from segsql.plan.strategy import AUTO, MAX_EXISTS, Forced, check_possible
from segsql.plan.trace import Fact, OwnTags, Traced, TracedCondition, TracedGroup, nodes_of, trace

__all__ = [
    "AUTO",
    "MAX_EXISTS",
    "WORDS",
    "ActivityStrategy",
    "Combined",
    "ContactForm",
    "EavStrategy",
    "Fact",
    "Forced",
    "Form",
    "IdRange",
    "OneId",
    "Output",
    "OwnTags",
    "Parameter",
    "Placed",
    "Plan",
    "Predicate",
    "Reason",
    "Resolved",
    "Resolver",
    "ScanForm",
    "SegmentForm",
    "ShownFact",
    "Strategies",
    "TagPass",
    "TagStrategy",
    "Taken",
    "Traced",
    "TracedCondition",
    "TracedGroup",
    "Value",
    "check_possible",
    "country_codes",
    "facts_in",
    "find_zone",
    "forget",
    "nodes_of",
    "plan_contact",
    "plan_scan",
    "plan_segment",
    "referred_segments",
    "trace",
]
