SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END
    ) = 'array'
    THEN CASE
      WHEN CAST(CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END AS TEXT) ~ '^[ \t\n\r]*\[[ \t\n\r]*("([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*(,[ \t\n\r]*"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*)*)?\][ \t\n\r]*$'
      AND (
        STRPOS(
          CAST(CASE
            WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
            OR NOT REGEXP_REPLACE(
              REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
              '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
              '',
              'g'
            ) ~ '\\u(0000|[dD][89a-fA-F])'
            THEN "c"."interests"
          END AS TEXT),
          '\u'
        ) = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(
            CAST(CASE
              WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
              OR NOT REGEXP_REPLACE(
                REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
                '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
                '',
                'g'
              ) ~ '\\u(0000|[dD][89a-fA-F])'
              THEN "c"."interests"
            END AS TEXT),
            '\\',
            '/'
          ),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
      )
      THEN CAST(CAST(CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END AS TEXT) AS JSONB)
    END
  END @> TO_JSONB(CAST(%(p2)s AS TEXT[]))
  AND TO_JSONB(CAST(%(p2)s AS TEXT[])) @> CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END
    ) = 'array'
    THEN CASE
      WHEN CAST(CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END AS TEXT) ~ '^[ \t\n\r]*\[[ \t\n\r]*("([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*(,[ \t\n\r]*"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*)*)?\][ \t\n\r]*$'
      AND (
        STRPOS(
          CAST(CASE
            WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
            OR NOT REGEXP_REPLACE(
              REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
              '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
              '',
              'g'
            ) ~ '\\u(0000|[dD][89a-fA-F])'
            THEN "c"."interests"
          END AS TEXT),
          '\u'
        ) = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(
            CAST(CASE
              WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
              OR NOT REGEXP_REPLACE(
                REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
                '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
                '',
                'g'
              ) ~ '\\u(0000|[dD][89a-fA-F])'
              THEN "c"."interests"
            END AS TEXT),
            '\\',
            '/'
          ),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
      )
      THEN CAST(CAST(CASE
        WHEN STRPOS(CAST("c"."interests" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."interests" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."interests"
      END AS TEXT) AS JSONB)
    END
  END

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text[] ["news"]
