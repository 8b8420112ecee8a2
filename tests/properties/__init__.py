"""Laws that hold for every definition, and the naive evaluator that the compiler is compared with."""
