"""What a generated shop sells, who sells it, and where people live: fixed by the seed, whatever the range."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

PRODUCTS = 4_000
SELLERS = 600
PREFIXES = 1_500
POINTS_PER_PREFIX = 6

# State, weight by customers, latitude and longitude of its capital, first zip code prefix.
_STATES = (
    ("SP", 420, -23.55, -46.63, 1001),
    ("RJ", 129, -22.91, -43.20, 20010),
    ("MG", 117, -19.92, -43.94, 30110),
    ("RS", 55, -30.03, -51.23, 90010),
    ("PR", 51, -25.43, -49.27, 80010),
    ("SC", 37, -27.59, -48.55, 88010),
    ("BA", 34, -12.97, -38.50, 40010),
    ("DF", 22, -15.79, -47.88, 70040),
    ("ES", 20, -20.32, -40.34, 29010),
    ("GO", 20, -16.68, -49.25, 74003),
    ("PE", 17, -8.05, -34.90, 50010),
    ("CE", 13, -3.73, -38.53, 60010),
    ("PA", 10, -1.46, -48.50, 66010),
    ("MT", 9, -15.60, -56.10, 78005),
    ("MA", 8, -2.53, -44.30, 65010),
    ("MS", 7, -20.44, -54.65, 79002),
    ("PB", 5, -7.12, -34.86, 58010),
    ("AM", 2, -3.12, -60.02, 69005),
)

CATEGORIES = (
    ("cama_mesa_banho", "bed_bath_table"),
    ("beleza_saude", "health_beauty"),
    ("esporte_lazer", "sports_leisure"),
    ("moveis_decoracao", "furniture_decor"),
    ("informatica_acessorios", "computers_accessories"),
    ("utilidades_domesticas", "housewares"),
    ("relogios_presentes", "watches_gifts"),
    ("telefonia", "telephony"),
    ("ferramentas_jardim", "garden_tools"),
    ("automotivo", "auto"),
    ("brinquedos", "toys"),
    ("cool_stuff", "cool_stuff"),
    ("perfumaria", "perfumery"),
    ("bebes", "baby"),
    ("eletronicos", "electronics"),
    ("papelaria", "stationery"),
    ("pet_shop", "pet_shop"),
    ("livros_interesse_geral", "books_general_interest"),
    ("pc_gamer", ""),
)
"""Portuguese and English; as in the shop, one has no translation."""


@dataclass(frozen=True)
class Place:
    prefix: str
    city: str
    state: str
    lat: float
    lng: float

    def distance(self, other: Place) -> float:
        """In degrees, roughly: for days on the road and freight."""
        return abs(self.lat - other.lat) + abs(self.lng - other.lng)


@dataclass(frozen=True)
class Product:
    row: dict[str, str]
    price: int
    """Cents."""
    seller: int


@dataclass(frozen=True)
class Catalogue:
    places: list[Place]
    sellers: list[tuple[str, Place]]
    products: list[Product]

    @staticmethod
    def of(seed: int) -> Catalogue:
        rng = Random(f"retail/{seed}/catalogue")
        places = [_place(rng, n) for n in range(PREFIXES)]
        places = list({place.prefix: place for place in places}.values())
        sellers = [(hexadecimal(rng), rng.choice(places)) for _ in range(SELLERS)]
        return Catalogue(places, sellers, [_product(rng) for _ in range(PRODUCTS)])

    def product_rows(self) -> list[dict[str, str]]:
        return [product.row for product in self.products]

    def seller_rows(self) -> list[dict[str, str]]:
        return [
            {
                "seller_id": seller,
                "seller_zip_code_prefix": place.prefix,
                "seller_city": place.city,
                "seller_state": place.state,
            }
            for seller, place in self.sellers
        ]

    def point_rows(self, seed: int) -> list[dict[str, str]]:
        """Some points around each prefix; a few prefixes have none, a few points lie abroad."""
        rng = Random(f"retail/{seed}/points")
        rows = []
        for place in self.places:
            for _ in range(0 if rng.random() < 0.003 else POINTS_PER_PREFIX):
                far = 40.0 if rng.random() < 0.0005 else 0.0
                rows.append(
                    {
                        "geolocation_zip_code_prefix": place.prefix,
                        "geolocation_lat": repr(place.lat + far + rng.gauss(0, 0.01)),
                        "geolocation_lng": repr(place.lng + far + rng.gauss(0, 0.01)),
                        "geolocation_city": place.city,
                        "geolocation_state": place.state,
                    }
                )
        return rows


def category_rows() -> list[dict[str, str]]:
    return [
        {"product_category_name": name, "product_category_name_english": english}
        for name, english in CATEGORIES
        if english
    ]


def hexadecimal(rng: Random) -> str:
    """A key as the shop's are."""
    return f"{rng.getrandbits(128):032x}"


def _place(rng: Random, number: int) -> Place:
    state, _, lat, lng, first = rng.choices(_STATES, [s[1] for s in _STATES])[0]
    return Place(
        f"{first + rng.randrange(900):05d}",
        f"cidade {number % 200}",
        state,
        lat + rng.gauss(0, 0.8),
        lng + rng.gauss(0, 0.8),
    )


def _product(rng: Random) -> Product:
    weight = max(50, int(rng.lognormvariate(6.6, 1.2)))
    sizes = [str(max(2, int(rng.lognormvariate(3.1, 0.5)))) for _ in range(3)]
    row = {
        "product_id": hexadecimal(rng),
        "product_weight_g": str(weight),
        "product_length_cm": sizes[0],
        "product_height_cm": sizes[1],
        "product_width_cm": sizes[2],
    }
    if rng.random() > 0.0185:
        row |= {
            "product_category_name": rng.choice(CATEGORIES)[0],
            "product_name_lenght": str(rng.randint(20, 63)),
            "product_description_lenght": str(rng.randint(80, 3000)),
            "product_photos_qty": str(rng.randint(1, 6)),
        }
    price = max(85, int(rng.lognormvariate(8.9, 0.9)))
    # Some sellers have much more than others.
    return Product(row, price, int(SELLERS * rng.random() ** 2))
