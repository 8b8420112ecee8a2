SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
LEFT JOIN (
  SELECT
    "f"."customized_id",
    MAX("f"."number_value") FILTER(WHERE
      "f"."custom_field_id" = CAST(%(p3)s AS BIGINT)) AS "numeric_3"
  FROM "crm"."custom_values" AS "f"
  WHERE
    "f"."customized_id" IN (
      SELECT
        "k"."id"
      FROM "crm"."people" AS "k"
      WHERE
        "k"."account_id" = CAST(%(p1)s AS BIGINT)
    )
    AND "f"."customized_type" = 'Person'
    AND "f"."custom_field_id" IN (CAST(%(p3)s AS BIGINT))
  GROUP BY
    "f"."customized_id"
) AS "f"
  ON "f"."customized_id" = "c"."id"
LEFT JOIN (
  SELECT
    "t"."taggable_id",
    BIT_OR(
      CAST(1 AS BIGINT) << (
        WIDTH_BUCKET("t"."tag_id", CAST(%(p5)s AS BIGINT[])) - 1
      )
    ) AS "tag_bits"
  FROM "crm"."taggings" AS "t"
  WHERE
    "t"."taggable_id" IN (
      SELECT
        "k"."id"
      FROM "crm"."people" AS "k"
      WHERE
        "k"."account_id" = CAST(%(p1)s AS BIGINT)
    )
    AND "t"."taggable_type" = 'Person'
    AND "t"."hidden" = FALSE
    AND "t"."tag_id" = ANY(
      CAST(%(p5)s AS BIGINT[])
    )
  GROUP BY
    "t"."taggable_id"
) AS "t"
  ON "t"."taggable_id" = "c"."id"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND (
    (
      "t"."tag_bits" & CAST(%(p2)s AS BIGINT)
    ) <> 0
    OR "f"."numeric_3" = CAST(%(p4)s AS DECIMAL)
  )

-- p1 bigint 7
-- p2 bigint 3
-- p3 bigint 21
-- p4 numeric 1
-- p5 bigint[] [1, 2]
