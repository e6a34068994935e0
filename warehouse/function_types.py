"""The types that Spark's functions give, by the name that is written; a function missing here is unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from warehouse.expression_types import (
    INTEGERS,
    Type,
    arithmetic,
    common,
    common_of,
    decimal,
    digits,
    element,
    inner,
    is_number,
)

Kinds = Sequence[Type]
Rule = str | Callable[[Kinds], Type]


def _same(kinds: Kinds) -> Type:
    return kinds[0] if kinds else None


def _second(kinds: Kinds) -> Type:
    return kinds[1] if len(kinds) > 1 else None


def _array_of_first(kinds: Kinds) -> Type:
    return f"array<{kinds[0]}>" if kinds and kinds[0] is not None else None


def _array_of_all(kinds: Kinds) -> Type:
    kind = common_of(kinds)
    return f"array<{kind}>" if kind is not None else None


def _element(kinds: Kinds) -> Type:
    return element(kinds[0]) if kinds else None


def _sum(kinds: Kinds) -> Type:
    kind = kinds[0] if kinds else None
    if kind in INTEGERS:
        return "bigint"
    found = digits(kind) if kind else None
    if found:
        return decimal(found[0] + 10, found[1])
    return "double" if kind in ("float", "double") else None


def _average(kinds: Kinds) -> Type:
    kind = kinds[0] if kinds else None
    if kind is not None and kind.startswith("decimal"):
        found = digits(kind)
        return decimal(found[0] + 4, found[1] + 4) if found else None
    return "double" if is_number(kind) else None


def _whole(kinds: Kinds) -> Type:
    """floor, ceil: of one argument."""
    if len(kinds) != 1 or not is_number(kinds[0]):
        return None
    found = digits(kinds[0] or "")
    if (kinds[0] or "").startswith("decimal") and found:
        return decimal(found[0] - found[1] + 1, 0)
    return "bigint"


def _concat(kinds: Kinds) -> Type:
    if kinds and all(kind is not None and kind.startswith("array<") for kind in kinds):
        return common_of(kinds)
    if not kinds or None in kinds or "binary" in kinds:
        return None
    return "string"


def _text(kinds: Kinds) -> Type:
    """substr, left, lpad …: of text; of BINARY some stay BINARY."""
    return "string" if kinds and kinds[0] is not None and kinds[0] != "binary" else None


def _reverse(kinds: Kinds) -> Type:
    kind = kinds[0] if kinds else None
    return kind if kind is not None and kind.startswith("array<") else _text(kinds)


def _map(kinds: Kinds) -> Type:
    key, value = common_of(kinds[::2]), common_of(kinds[1::2])
    return f"map<{key},{value}>" if kinds and key is not None and value is not None else None


def _map_of_arrays(kinds: Kinds) -> Type:
    key, value = (element(kinds[0]), element(kinds[1])) if len(kinds) == 2 else (None, None)
    return f"map<{key},{value}>" if key is not None and value is not None else None


def _part_of_map(index: int) -> Callable[[Kinds], Type]:
    def rule(kinds: Kinds) -> Type:
        kind = kinds[0] if kinds else None
        return f"array<{inner(kind)[index]}>" if kind is not None and kind.startswith("map<") else None

    return rule


def _flat(kinds: Kinds) -> Type:
    kind = _element(kinds)
    return kind if kind is not None and kind.startswith("array<") else None


def _collection(kinds: Kinds) -> Type:
    kind = kinds[0] if kinds else None
    return kind if kind is not None and kind.startswith("array<") else None


def _double_if_number(kinds: Kinds) -> Type:
    return "double" if kinds and (is_number(kinds[0]) or kinds[0] == "string") else None


def _number(kinds: Kinds) -> Type:
    return kinds[0] if kinds and is_number(kinds[0]) else None


def _nvl2(kinds: Kinds) -> Type:
    return common(kinds[1], kinds[2]) if len(kinds) == 3 else None


def _operation(op: str) -> Callable[[Kinds], Type]:
    return lambda kinds: arithmetic(op, kinds[0], kinds[1]) if len(kinds) == 2 else None


def _sequence(kinds: Kinds) -> Type:
    if len(kinds) >= 2 and all(kind in INTEGERS for kind in kinds):
        kind = common_of(kinds[:2])
        return f"array<{kind}>"
    return f"array<{kinds[0]}>" if kinds[:2] == ["date", "date"] else None


def _lag(kinds: Kinds) -> Type:
    return common(kinds[0], kinds[2]) if len(kinds) == 3 else _same(kinds)


_TABLE: tuple[tuple[Rule, str], ...] = (
    (
        "string",
        """upper ucase lower lcase initcap repeat replace translate regexp_replace regexp_extract
        substring_index split_part concat_ws format_number format_string printf sha sha1 sha2 md5
        hex base64 chr char from_unixtime date_format to_json to_csv get_json_object current_user
        user typeof soundex space conv bin uuid input_file_name array_join parse_url url_encode
        url_decode regexp_substr current_timezone trim ltrim rtrim btrim to_char to_varchar mask
        schema_of_json current_database current_catalog version elt""",
    ),
    (
        "int",
        """length char_length character_length len octet_length bit_length instr locate position size
        cardinality datediff date_diff year quarter month day dayofmonth dayofweek dayofyear weekday
        weekofyear hour minute second row_number rank dense_rank ntile ascii levenshtein find_in_set
        hash unix_date regexp_count regexp_instr json_array_length array_size bit_count""",
    ),
    (
        "bigint",
        """count count_if approx_count_distinct unix_timestamp to_unix_timestamp unix_seconds unix_millis
        unix_micros xxhash64 crc32 monotonically_increasing_id factorial array_position regr_count
        grouping_id width_bucket""",
    ),
    (
        "double",
        """sqrt cbrt pow power exp ln log log2 log10 log1p expm1 sin cos tan cot sec csc asin acos atan atan2
        sinh cosh tanh degrees radians rint rand random randn percent_rank cume_dist stddev
        stddev_samp stddev_pop std variance var_samp var_pop corr covar_pop covar_samp skewness
        kurtosis median months_between e pi hypot regr_slope regr_intercept regr_r2""",
    ),
    (
        "boolean",
        """rlike regexp regexp_like like ilike contains startswith endswith isnull isnotnull isnan equal_null
        array_contains arrays_overlap exists forall bool_and bool_or every some any luhn_check
        map_contains_key""",
    ),
    (
        "date",
        """to_date date_add date_sub add_months last_day next_day trunc make_date current_date curdate
        date_from_unix_date""",
    ),
    (
        "timestamp",
        """to_timestamp try_to_timestamp to_timestamp_ltz date_trunc current_timestamp now timestamp_seconds
        timestamp_millis timestamp_micros make_timestamp from_utc_timestamp to_utc_timestamp""",
    ),
    ("binary", "encode unhex unbase64 to_binary"),
    ("tinyint", "getbit grouping"),
    ("array<string>", "split regexp_extract_all json_object_keys"),
    ("map<string,string>", "str_to_map"),
    (
        _same,
        """max min any_value first first_value last last_value max_by min_by nth_value abs positive negative
        nullif mode""",
    ),
    (
        _collection,
        "array_sort sort_array array_distinct array_compact slice shuffle array_remove array_except",
    ),
    (common_of, "coalesce nvl ifnull greatest least array_union array_intersect map_concat"),
    (_array_of_first, "collect_list collect_set array_agg array_repeat"),
    (_element, "element_at try_element_at get array_max array_min"),
    (_sum, "sum try_sum"),
    (_average, "avg mean try_avg"),
    (_whole, "floor ceil ceiling"),
    (_text, "substr substring left right lpad rpad overlay"),
    (_double_if_number, "sign signum"),
    (_lag, "lag lead"),
    (_number, "bit_and bit_or bit_xor"),
    (_operation("%"), "mod pmod"),
    (_operation("+"), "try_add"),
    (_operation("-"), "try_subtract"),
    (_operation("*"), "try_multiply"),
    (_operation("/"), "try_divide"),
    (lambda kinds: "string" if len(kinds) == 2 else None, "decode"),
    (_array_of_all, "array"),
    (_map, "map"),
    (_map_of_arrays, "map_from_arrays"),
    (_part_of_map(0), "map_keys"),
    (_part_of_map(1), "map_values"),
    (_flat, "flatten"),
    (_concat, "concat"),
    (_reverse, "reverse"),
    (_nvl2, "nvl2"),
    (_sequence, "sequence"),
)

FUNCTIONS: dict[str, Rule] = {name: rule for rule, names in _TABLE for name in names.split()}


def rounded(kind: Type, scale: int) -> Type:
    """``round(x, scale)``."""
    if kind is None or not kind.startswith("decimal"):
        return kind if is_number(kind) else None
    found = digits(kind)
    if found is None:
        return None
    whole = found[0] - found[1] + 1
    if scale < 0:
        return decimal(max(whole, -scale + 1), 0)
    after = min(found[1], scale)
    return decimal(whole + after, after)
