"""Retail: orders, money and deliveries of a Brazilian market place."""

from __future__ import annotations

from collections.abc import Iterator

from reports.brazil import TILES
from runner import charts
from runner.charts import Field
from runner.report import Figure, Listing, Numbers, Quality, Section, Window

TITLE = "Retail: orders, revenue and deliveries"
ABOUT = (
    "Orders count on the day they are made, deliveries on the day they arrive. Revenue is the price of the "
    "items in reais (R$), without freight. An order is late when it arrives after the promised day."
)

DAY = Field("dt", "day (UTC)")
ORDERS = Field("orders", "orders")
REVENUE = Field("revenue", "revenue in R$", ",.0f")
LATE = Field("late", "late deliveries", ".1%")


def sections(window: Window) -> Iterator[Section]:
    days = window.days()
    yield Section("At a glance", (_numbers(days), _orders(days), _revenue(days)))
    yield Section(
        "Delivery performance",
        (
            _late_by_state(days),
            _days_by_state(window),
            _late_per_day(days),
            _delay(window),
            _distance(window),
        ),
        "By the customer's state. A map of equal tiles: small states are as easy to see as large ones.",
    )
    yield Section("What is bought", (_categories(days), _prices(days)))
    yield Section("How it is paid", (_payments(days), _instalments(days)))
    yield Section("What customers say", (_scores(days), _scores_by_delay(window)))
    yield Section("Sellers", (_sellers(days),))
    yield Section(
        "Data quality",
        (
            _rejects(days),
            *map(
                Quality,
                [
                    "retail.order_events",
                    "retail.orders",
                    "retail.items",
                    "retail.payments",
                    "retail.customers",
                    "retail.reviews",
                    "retail.products",
                    "retail.sellers",
                    "retail.geolocation",
                    "retail.rejects",
                    "retail.reference_rejects",
                    "retail.baskets",
                    "retail.daily_report",
                    "retail.delivery_features",
                ],
            ),
        ),
        "Columns are described by one scan each. Tables without days are shown whole, as they are now.",
    )


def _purchased(window: Window) -> str:
    return f"purchase_date BETWEEN DATE '{window.start}' AND DATE '{window.end}'"


def _numbers(days: str) -> Numbers:
    return Numbers(
        f"""
SELECT
  sum(orders) AS orders,
  sum(revenue) AS revenue,
  sum(freight_value) AS freight,
  sum(revenue) / sum(orders) AS basket,
  sum(deliveries) AS deliveries,
  sum(late_deliveries) / sum(deliveries) AS late
FROM retail.daily_report
WHERE {days}""",
        (
            ORDERS,
            REVENUE,
            Field("freight", "freight in R$", ",.0f"),
            Field("basket", "R$ an order", ",.2f"),
            Field("deliveries", "deliveries"),
            Field("late", "of them late", ".1%"),
        ),
    )


def _orders(days: str) -> Figure:
    return Figure(
        "Orders per day",
        f"""
SELECT dt, sum(orders) AS orders
FROM retail.daily_report
WHERE {days}
GROUP BY dt
ORDER BY dt""",
        charts.line(DAY, ORDERS, area=True),
    )


def _revenue(days: str) -> Figure:
    return Figure(
        "Revenue and freight per day",
        f"""
SELECT dt, sum(revenue) AS revenue, sum(freight_value) AS freight
FROM retail.daily_report
WHERE {days}
GROUP BY dt
ORDER BY dt""",
        charts.line(DAY, Field("revenue", "revenue, R$", ",.0f"), Field("freight", "freight, R$", ",.0f")),
    )


def _late_by_state(days: str) -> Figure:
    return Figure(
        "Share of deliveries that came late",
        f"""
SELECT
  customer_state,
  sum(late_deliveries) / sum(deliveries) AS late,
  sum(deliveries) AS deliveries
FROM retail.daily_report
WHERE {days} AND deliveries > 0
GROUP BY customer_state
ORDER BY customer_state""",
        charts.tiles(TILES, Field("customer_state", "state"), LATE, [Field("deliveries", "deliveries")]),
        "A state with few deliveries may show anything: see the numbers. Orders from before "
        "the data begins are of no known state.",
    )


def _days_by_state(window: Window) -> Figure:
    return Figure(
        "Days from order to delivery, mean",
        f"""
SELECT
  customer_state,
  avg(real_days) AS days,
  avg(promised_days) AS promised,
  count(*) AS orders
FROM retail.delivery_features
WHERE {_purchased(window)} AND real_days IS NOT NULL
GROUP BY customer_state
ORDER BY customer_state""",
        charts.tiles(
            TILES,
            Field("customer_state", "state"),
            Field("days", "days to deliver", ".1f"),
            [Field("promised", "days promised", ".1f"), ORDERS],
        ),
        "Orders made in the window and delivered since.",
    )


def _late_per_day(days: str) -> Figure:
    return Figure(
        "Deliveries per day",
        f"""
SELECT
  dt,
  'late' AS punctuality,
  sum(late_deliveries) AS deliveries
FROM retail.daily_report
WHERE {days}
GROUP BY dt
UNION ALL
SELECT dt, 'in time' AS punctuality, sum(deliveries - late_deliveries) AS deliveries
FROM retail.daily_report
WHERE {days}
GROUP BY dt
ORDER BY dt, punctuality""",
        charts.columns(
            DAY, Field("deliveries", "deliveries"), hue=Field("punctuality", "delivered"), time=True
        ),
        "At the start of the data only what was ordered quickly before can arrive.",
        wide=True,
    )


def _delay(window: Window) -> Figure:
    return Figure(
        "Delivered before or after the promised day",
        f"""
SELECT 2 * bin AS low, 2 * (bin + 1) AS high, count(*) AS orders
FROM (
  SELECT CAST(floor(greatest(least(delay_days, 40), -40) / 2) AS INT) AS bin
  FROM retail.delivery_features
  WHERE {_purchased(window)} AND delay_days IS NOT NULL
) AS binned
GROUP BY bin
ORDER BY bin""",
        charts.histogram(Field("low", "days after the promised day"), "high", ORDERS),
        "Two days a bar; the outer ones take all beyond 40 days. Negative: earlier than promised.",
    )


def _distance(window: Window) -> Figure:
    return Figure(
        "Days to deliver by distance",
        f"""
SELECT
  concat(lpad(500 * bin, 4, ' '), ' to ', 500 * (bin + 1), ' km') AS distance,
  percentile(real_days, 0.05) AS low,
  percentile(real_days, 0.25) AS quarter,
  percentile(real_days, 0.5) AS median,
  percentile(real_days, 0.75) AS three_quarters,
  percentile(real_days, 0.95) AS high,
  count(*) AS orders
FROM (
  SELECT CAST(floor(distance_km / 500) AS INT) AS bin, real_days
  FROM retail.delivery_features
  WHERE {_purchased(window)} AND real_days IS NOT NULL AND distance_km IS NOT NULL
) AS binned
GROUP BY bin
ORDER BY bin""",
        charts.quantiles(
            Field("distance", "distance"), "low", "quarter", "median", "three_quarters", "high",
            "days from order to delivery",
        ),
        "From the leading seller to the customer. Bars hold the middle half of the orders, the white tick is "
        "the median, lines go from the 5th to the 95th percentile.",
    )  # fmt: skip


def _categories(days: str) -> Figure:
    return Figure(
        "Categories by revenue",
        f"""
SELECT replace(product_category, '_', ' ') AS category, sum(revenue) AS revenue, sum(items) AS items
FROM retail.daily_report
WHERE {days}
GROUP BY product_category
ORDER BY revenue DESC, category
LIMIT 15""",
        charts.bars(Field("category", "category"), REVENUE),
        "English names where the shop has one. R$, without freight.",
    )


def _prices(days: str) -> Figure:
    return Figure(
        "Price of an item",
        f"""
SELECT 20 * bin AS low, 20 * (bin + 1) AS high, count(*) AS items
FROM (
  SELECT CAST(floor(least(price, 499) / 20) AS INT) AS bin
  FROM retail.items
  WHERE {days} AND price IS NOT NULL
) AS binned
GROUP BY bin
ORDER BY bin""",
        charts.histogram(Field("low", "price in R$"), "high", Field("items", "items"), height=300),
        "R$ 20 a bar; the last takes all from R$ 480 up.",
    )


def _payments(days: str) -> Figure:
    return Figure(
        "Payments per day by type",
        f"""
SELECT dt, replace(payment_type, '_', ' ') AS type, sum(payment_value) AS paid
FROM retail.payments
WHERE {days}
GROUP BY dt, payment_type
ORDER BY dt, payment_type""",
        charts.columns(DAY, Field("paid", "paid, R$", ",.0f"), hue=Field("type", "type"), time=True),
        "On the day of the purchase.",
    )


def _instalments(days: str) -> Figure:
    return Figure(
        "Instalments of credit cards",
        f"""
SELECT payment_installments AS instalments, count(*) AS payments, avg(payment_value) AS mean_value
FROM retail.payments
WHERE {days} AND payment_type = 'credit_card'
GROUP BY payment_installments
ORDER BY payment_installments""",
        charts.columns(Field("instalments", "instalments"), Field("payments", "payments")),
    )


def _scores(days: str) -> Figure:
    return Figure(
        "Review scores",
        f"""
SELECT review_score AS score, count(*) AS reviews
FROM retail.reviews
WHERE {days}
GROUP BY review_score
ORDER BY review_score""",
        charts.columns(Field("score", "score, 1 (worst) to 5"), Field("reviews", "reviews")),
        "Reviews answered in the window.",
    )


def _scores_by_delay(window: Window) -> Figure:
    return Figure(
        "Mean score by punctuality",
        f"""
SELECT
  CASE
    WHEN f.delay_days <= -14 THEN 'two weeks early, or more'
    WHEN f.delay_days < 0 THEN 'early'
    WHEN f.delay_days = 0 THEN 'on the promised day'
    WHEN f.delay_days <= 7 THEN 'up to a week late'
    ELSE 'later'
  END AS punctuality,
  avg(r.review_score) AS score,
  count(*) AS reviews
FROM retail.delivery_features AS f
INNER JOIN retail.reviews AS r ON r.order_id = f.order_id
WHERE f.delay_days IS NOT NULL AND {window.days("r.dt")}
GROUP BY 1
ORDER BY min(f.delay_days)""",
        charts.bars(Field("punctuality", "delivered"), Field("score", "mean score", ".2f")),
        "Reviews answered in the window, of orders delivered.",
    )


def _sellers(days: str) -> Listing:
    return Listing(
        "Sellers by revenue",
        f"""
SELECT
  i.seller_id,
  s.seller_city,
  s.seller_state,
  count(*) AS items,
  count(DISTINCT i.order_id) AS orders,
  sum(i.price) AS revenue,
  sum(i.freight_value) / sum(i.price + i.freight_value) AS freight_share
FROM retail.items AS i
LEFT JOIN retail.sellers AS s ON s.seller_id = i.seller_id
WHERE {days}
GROUP BY i.seller_id, s.seller_city, s.seller_state
ORDER BY revenue DESC, i.seller_id
LIMIT 12""",
        (
            Field("seller_id", "seller"),
            Field("seller_city", "city"),
            Field("seller_state", "state"),
            Field("items", "items"),
            ORDERS,
            Field("revenue", "revenue in R$", ",.2f"),
            Field("freight_share", "freight of the total", ".1%"),
        ),
    )


def _rejects(days: str) -> Listing:
    return Listing(
        "Lines that could not be read, wholly or in a field",
        f"""
SELECT source, reason, row_kept, count(*) AS lines, min(dt) AS first_day, max(dt) AS last_day
FROM retail.rejects
WHERE {days}
GROUP BY source, reason, row_kept
ORDER BY lines DESC, source, reason
LIMIT 30""",
        (
            Field("source", "table"),
            Field("reason", "what is wrong"),
            Field("row_kept", "row kept"),
            Field("lines", "lines"),
            Field("first_day", "first day"),
            Field("last_day", "last day"),
        ),
        "A row that is kept has NULL in the fields named.",
    )
