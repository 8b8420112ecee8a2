SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
LEFT JOIN (
  SELECT
    "f"."customized_id",
    MAX("f"."number_value") FILTER(WHERE
      "f"."custom_field_id" = CAST(%(p2)s AS BIGINT)) AS "numeric_2"
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
    AND "f"."custom_field_id" IN (CAST(%(p2)s AS BIGINT))
  GROUP BY
    "f"."customized_id"
) AS "f"
  ON "f"."customized_id" = "c"."id"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND (
    "f"."numeric_2" > CAST(%(p3)s AS DECIMAL)
    OR "f"."numeric_2" < CAST(%(p4)s AS DECIMAL)
  )

-- p1 bigint 7
-- p2 bigint 21
-- p3 numeric 3
-- p4 numeric 9
