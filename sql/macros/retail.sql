{#- How the shop's texts become values. What cannot be read becomes NULL, and stands in retail.rejects. -#}

{#- The fields of a line of JSON, as texts, in FROM raw AS r LATERAL VIEW; j.field is one of them. -#}
{% macro json_fields(fields) -%}
json_tuple(r.line, '{{ fields | join("', '") }}') j AS {{ fields | join(", ") }}
{%- endmacro %}

{#- 2017-10-02 10:56:33 -#}
{% macro moment(text) -%}
try_to_timestamp({{ text }}, 'yyyy-MM-dd HH:mm:ss')
{%- endmacro %}

{#- An amount in reais, exact: a third decimal is not rounded away but cannot be read. -#}
{% macro money(text) -%}
CASE WHEN {{ text }} RLIKE '^-?[0-9]{1,10}([.][0-9]{1,2})?$' THEN try_cast({{ text }} AS DECIMAL(12, 2)) END
{%- endmacro %}

{#- For retail.rejects: a field that must be there. -#}
{% macro is_missing(field) -%}
IF(j.{{ field }} IS NULL, '{{ field }} is missing', NULL)
{%- endmacro %}

{#- For retail.rejects: a field that is there, but not as its type. -#}
{% macro is_unreadable(field, typed) -%}
IF(j.{{ field }} IS NOT NULL AND {{ typed }} IS NULL, '{{ field }} cannot be read', NULL)
{%- endmacro %}

{#- For what reads raw files: Spark makes a task of each, and a day's are a few kilobytes, far below what a task
    costs. One job reads 1 GB at most, so 16 tasks read 64 MB each at most. -#}
{% macro few_tasks() -%}
/*+ COALESCE(16) */
{%- endmacro %}
