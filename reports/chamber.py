"""Chamber: what deputies spend their quota on."""

from __future__ import annotations

from collections.abc import Iterator

from reports.brazil import TILES
from runner import charts
from runner.charts import Field
from runner.report import Figure, Listing, Numbers, Quality, Section, Window

TITLE = "Chamber of Deputies: expenses on the parliamentary quota"
ABOUT = (
    "Reais (R$) of `net_value`, what the quota was charged with; refunded tickets are negative and lower "
    "the sums. Months are those of the quota, not of the documents. The latest months of a year still grow."
)

SPENT = Field("spent", "R$ spent", ",.0f")


def sections(window: Window) -> Iterator[Section]:
    months = window.months()
    yield Section("At a glance", (_numbers(months), _per_month(months), _records(months)))
    yield Section("On what", (_categories(months), _by_month(months), _values(months)))
    yield Section("Who", (_deputies(months), _parties(months), _spread(months)))
    yield Section(
        "Where from", (_states(months), _per_deputy(months)), "By the state that elected the deputy."
    )
    yield Section("Who is paid", (_suppliers(months), _kinds(months)))
    yield Section(
        "Data quality",
        (
            _balance(months),
            _rejected(window),
            *map(
                Quality,
                [
                    "chamber.expenses",
                    "chamber.rejected_lines",
                    "chamber.monthly_summary",
                    "chamber.deputies",
                    "chamber.suppliers",
                    "chamber.categories",
                    "chamber.parties",
                ],
            ),
        ),
        "Columns are described by one scan each. Persons who were paid are shown without their CPF.",
    )


def _numbers(months: str) -> Numbers:
    return Numbers(
        f"""
SELECT
  sum(net_value) AS spent,
  count(*) AS records,
  count(DISTINCT deputy_id) AS deputies,
  count(DISTINCT supplier_id) AS suppliers,
  sum(IF(net_value < 0, net_value, 0)) AS refunded,
  sum(disallowed_value) AS disallowed
FROM chamber.expenses
WHERE {months}""",
        (
            SPENT,
            Field("records", "records"),
            Field("deputies", "deputies and leaderships"),
            Field("suppliers", "suppliers"),
            Field("refunded", "R$ of refunded tickets", ",.0f"),
            Field("disallowed", "R$ disallowed (glosa)", ",.0f"),
        ),
    )


def _per_month(months: str) -> Figure:
    return Figure(
        "Spent per month",
        f"""
SELECT concat(year, '-', month) AS month, sum(net_value) AS spent
FROM chamber.monthly_summary
WHERE {months}
GROUP BY year, month
ORDER BY year, month""",
        charts.columns(Field("month", "month of the quota"), SPENT),
    )


def _records(months: str) -> Figure:
    return Figure(
        "Records per month",
        f"""
SELECT concat(year, '-', month) AS month, sum(expenses) AS records
FROM chamber.monthly_summary
WHERE {months}
GROUP BY year, month
ORDER BY year, month""",
        charts.columns(Field("month", "month of the quota"), Field("records", "records")),
    )


def _categories(months: str) -> Figure:
    return Figure(
        "By category",
        f"""
SELECT left(c.name, 60) AS category, sum(s.net_value) AS spent, sum(s.expenses) AS records
FROM chamber.monthly_summary AS s
LEFT JOIN chamber.categories AS c ON c.category_id = s.category_id
WHERE {months}
GROUP BY left(c.name, 60)
ORDER BY spent DESC, category
LIMIT 20""",
        charts.bars(Field("category", "category"), SPENT),
        "Under their latest names.",
        wide=True,
    )


def _by_month(months: str) -> Figure:
    return Figure(
        "By category and month",
        f"""
SELECT category, month, thousands
FROM (
  SELECT
    left(c.name, 44) AS category,
    concat(s.year, '-', s.month) AS month,
    sum(s.net_value) / 1000 AS thousands,
    sum(sum(s.net_value)) OVER (PARTITION BY left(c.name, 44)) AS total
  FROM chamber.monthly_summary AS s
  LEFT JOIN chamber.categories AS c ON c.category_id = s.category_id
  WHERE {months}
  GROUP BY left(c.name, 44), s.year, s.month
) AS cells
ORDER BY total DESC, category, month""",
        charts.heatmap(
            Field("month", "month of the quota"),
            Field("category", ""),
            Field("thousands", "thousand R$", ",.0f"),
        ),
        wide=True,
    )


def _values(months: str) -> Figure:
    return Figure(
        "Value of a record",
        f"""
SELECT 100 * bin AS low, 100 * (bin + 1) AS high, count(*) AS records
FROM (
  SELECT CAST(floor(greatest(least(net_value, 2999), -500) / 100) AS INT) AS bin
  FROM chamber.expenses
  WHERE {months}
) AS binned
GROUP BY bin
ORDER BY bin""",
        charts.histogram(Field("low", "R$ of net value"), "high", Field("records", "records")),
        "R$ 100 a bar; the outer ones take all below R$ -500 and all from R$ 2,900 up.",
        wide=True,
    )


def _deputies(months: str) -> Listing:
    return Listing(
        "Deputies who spent most",
        f"""
SELECT d.name, d.party, d.state, sum(s.net_value) AS spent, sum(s.expenses) AS records
FROM chamber.monthly_summary AS s
INNER JOIN chamber.deputies AS d ON d.deputy_id = s.deputy_id
WHERE {months} AND NOT d.is_leadership
GROUP BY d.deputy_id, d.name, d.party, d.state
ORDER BY spent DESC, d.name
LIMIT 15""",
        (
            Field("name", "deputy"),
            Field("party", "party"),
            Field("state", "state"),
            Field("spent", "R$ spent", ",.2f"),
            Field("records", "records"),
        ),
        "Party and state as in the latest expense. The ceiling differs by state: far ones fly further.",
    )


def _parties(months: str) -> Figure:
    return Figure(
        "By party",
        f"""
SELECT coalesce(party, 'leaderships') AS party, sum(net_value) AS spent,
  count(DISTINCT deputy_id) AS deputies
FROM chamber.monthly_summary
WHERE {months}
GROUP BY coalesce(party, 'leaderships')
ORDER BY spent DESC, party""",
        charts.bars(Field("party", "party"), SPENT),
        "The party in that month. Leaderships have none.",
    )


def _spread(months: str) -> Figure:
    return Figure(
        "Spent by a deputy in a month, by party",
        f"""
SELECT
  party,
  percentile(spent, 0.05) AS low,
  percentile(spent, 0.25) AS quarter,
  percentile(spent, 0.5) AS median,
  percentile(spent, 0.75) AS three_quarters,
  percentile(spent, 0.95) AS high,
  count(*) AS deputy_months
FROM (
  SELECT party, deputy_id, year, month, CAST(sum(net_value) AS DOUBLE) AS spent
  FROM chamber.monthly_summary
  WHERE {months} AND party IS NOT NULL
  GROUP BY party, deputy_id, year, month
) AS months
GROUP BY party
ORDER BY median DESC, party""",
        charts.quantiles(
            Field("party", "party"), "low", "quarter", "median", "three_quarters", "high", "R$ in a month"
        ),
        "Bars hold the middle half, the white tick is the median, lines are the 5th to 95th percentile.",
    )


def _states(months: str) -> Figure:
    return Figure(
        "Spent, thousand R$",
        f"""
SELECT state, sum(net_value) / 1000 AS thousands, count(DISTINCT deputy_id) AS deputies
FROM chamber.monthly_summary
WHERE {months} AND state IS NOT NULL
GROUP BY state
ORDER BY state""",
        charts.tiles(
            TILES,
            Field("state", "state"),
            Field("thousands", "thousand R$", ",.0f"),
            [Field("deputies", "deputies")],
        ),
    )


def _per_deputy(months: str) -> Figure:
    return Figure(
        "Thousand R$ per deputy and month",
        f"""
SELECT
  state,
  sum(net_value) / 1000 / count(DISTINCT deputy_id, year, month) AS thousands,
  count(DISTINCT deputy_id) AS deputies
FROM chamber.monthly_summary
WHERE {months} AND state IS NOT NULL
GROUP BY state
ORDER BY state""",
        charts.tiles(
            TILES,
            Field("state", "state"),
            Field("thousands", "thousand R$ a month", ",.1f"),
            [Field("deputies", "deputies")],
        ),
        "Over the months in which a deputy spent anything.",
    )


def _suppliers(months: str) -> Listing:
    return Listing(
        "Suppliers paid most",
        f"""
SELECT s.name, s.document, s.kind, sum(e.net_value) AS spent, count(*) AS records,
  count(DISTINCT e.deputy_id) AS deputies
FROM chamber.expenses AS e
INNER JOIN chamber.suppliers AS s ON s.supplier_id = e.supplier_id
WHERE {months}
GROUP BY s.supplier_id, s.name, s.document, s.kind
ORDER BY spent DESC, s.name
LIMIT 15""",
        (
            Field("name", "supplier"),
            Field("document", "CNPJ"),
            Field("kind", "kind"),
            Field("spent", "R$ paid", ",.2f"),
            Field("records", "records"),
            Field("deputies", "deputies"),
        ),
    )


def _kinds(months: str) -> Figure:
    return Figure(
        "By kind of supplier",
        f"""
SELECT supplier_kind AS kind, sum(net_value) AS spent, count(*) AS records
FROM chamber.expenses
WHERE {months}
GROUP BY supplier_kind
ORDER BY spent DESC""",
        charts.bars(Field("kind", "kind"), SPENT),
        wide=True,
    )


def _balance(months: str) -> Listing:
    return Listing(
        "Do amounts balance?",
        f"""
SELECT
  CASE
    WHEN document_value - disallowed_value = net_value THEN 'document less disallowed is net'
    WHEN net_value < document_value - disallowed_value THEN 'net is less'
    ELSE 'net is more'
  END AS balance,
  count(*) AS records,
  sum(document_value - disallowed_value - net_value) AS difference
FROM chamber.expenses
WHERE {months}
GROUP BY 1
ORDER BY records DESC""",
        (
            Field("balance", "balance"),
            Field("records", "records"),
            Field("difference", "R$ of difference", ",.2f"),
        ),
        "A document that is split over several records repeats its whole value on each.",
    )


def _rejected(window: Window) -> Listing:
    return Listing(
        "Lines that are no expense",
        f"""
SELECT year, reason, count(*) AS lines
FROM chamber.rejected_lines
WHERE {window.years()}
GROUP BY year, reason
ORDER BY year, lines DESC""",
        (Field("year", "year"), Field("reason", "reason"), Field("lines", "lines")),
    )
