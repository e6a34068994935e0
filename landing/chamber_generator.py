"""Made-up expenses of deputies: the same fields, habits and oddities as the Chamber's files."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

_STATES = "AC,AL,AM,AP,BA,CE,DF,ES,GO,MA,MG,MS,MT,PA,PB,PE,PI,PR,RJ,RN,RO,RR,RS,SC,SE,SP,TO"
_PARTIES = ("PT", "PMDB", "PSDB", "PP", "PR", "PSB", "PSD", "DEM", "PRB", "PDT", "PTB", "SD", "PSOL", "REDE")
_FIRST = ("ANA", "BRUNO", "CARLA", "ELISA", "FÁBIO", "GORETE", "HÉLIO", "JOÃO", "LÚCIA", "MARCOS", "OTÁVIO")
_LAST = ("ALVES", "BARROS", "CAMPOS", "DIAS", "FREITAS", "GOMES", "LEÃO", "MOTA", "NUNES", "ROCHA", "SALES")
_AIRPORTS = ("BSB", "CGH", "GRU", "SDU", "GIG", "CNF", "POA", "CWB", "SSA", "REC", "FOR", "MAO", "BEL")
_DEPUTIES = 513
_LEADERSHIPS = ("LIDERANÇA DO PT", "LIDERANÇA DO PSDB", "LID.GOV-CD", "PSOL")


class _Category(NamedTuple):
    number: int
    name: str
    weight: int
    reais: float
    specification: tuple[str, str] = ("0", "")


# Numbers, names and shares as in the file of 2017; `reais` is a usual amount.
_CATEGORIES = (
    _Category(999, "Emissão Bilhete Aéreo", 41427, 700),
    _Category(3, "COMBUSTÍVEIS E LUBRIFICANTES.", 35118, 130, ("1", "Veículos Automotores")),
    _Category(11, "SERVIÇOS POSTAIS", 15571, 25),
    _Category(122, "SERVIÇO DE TÁXI, PEDÁGIO E ESTACIONAMENTO", 14344, 35),
    _Category(10, "TELEFONIA", 12378, 200),
    _Category(1, "MANUTENÇÃO DE ESCRITÓRIO DE APOIO À ATIVIDADE PARLAMENTAR", 11582, 400),
    _Category(13, "FORNECIMENTO DE ALIMENTAÇÃO DO PARLAMENTAR", 10735, 60),
    _Category(5, "DIVULGAÇÃO DA ATIVIDADE PARLAMENTAR.", 6035, 4000),
    _Category(14, "HOSPEDAGEM ,EXCETO DO PARLAMENTAR NO DISTRITO FEDERAL.", 3278, 300),
    _Category(120, "LOCAÇÃO OU FRETAMENTO DE VEÍCULOS AUTOMOTORES", 3120, 4500),
)
_WEIGHTS = [category.weight for category in _CATEGORIES]


def records(end: date, *, seed: int, rate: float) -> Iterator[tuple[str, ...]]:
    """The records of ``end``'s year as published at ``end``, month by month, ``rate`` a day on average.

    A month's records depend on the seed and the rate; of the last month there are those up to ``end``.
    """
    for month in range(1, end.month + 1):
        first = date(end.year, month, 1)
        random = Random(f"chamber/{seed}/{first}")
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        for day in range((following - first).days):
            count = int(rate) + (random.random() < rate % 1)
            for n in range(count):
                record = _record(random, first + timedelta(days=day), n)
                if first + timedelta(days=day) <= end:
                    yield from _with_faults(random, record)


def _record(random: Random, day: date, n: int) -> tuple[str, ...]:
    category = random.choices(_CATEGORIES, _WEIGHTS)[0]
    spender, deputy_id = _spender(random.randrange(_DEPUTIES + len(_LEADERSHIPS)), day.year)
    cents = max(1, round(category.reais * 100 * random.lognormvariate(0, 0.8)))
    glosa = random.randrange(1, cents + 1) if random.random() < 0.04 else 0
    ticket = category.number == 999
    if ticket and random.random() < 0.13:
        cents, glosa = -cents, 0  # a ticket given back
    # Tickets, letters and phone bills come from the suppliers' systems, without a document handed in.
    handed_in = category.number not in (999, 10, 11)
    return (
        *spender,
        str(category.number),
        category.name,
        *category.specification,
        *_supplier(random, category.number),
        _document_number(random, n),
        str(random.choices((0, 1, 4), (77, 22, 1))[0]),
        "" if category.number == 10 else f"{day} 00:00:00",
        _reais(cents),
        _reais(glosa),
        _reais(cents - glosa),
        str(day.month),
        str(day.year),
        "0",
        _person(random.randrange(5000)) if ticket else "",
        "/".join(random.sample(_AIRPORTS, 2)) if ticket else "",
        str(random.randrange(1_300_000, 1_400_000)) if handed_in else "0",
        str(random.randrange(5600, 5900)) if handed_in else "0",
        # This one field has a decimal point in the real files, too.
        "0" if random.random() > 0.0003 else f"{abs(cents) / 200:.2f}",
        deputy_id,
        str(day.toordinal() % 10_000 * 100_000 + n) if handed_in else "0",
    )


def _with_faults(random: Random, record: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The record; once in fifty thousand times cut, or with a value that is no number."""
    if random.random() >= 0.00002:
        yield record
    elif random.random() < 0.5:
        yield record[: random.randrange(1, len(record))]
    else:
        yield (*record[:16], "R$ " + record[16], *record[17:])


@functools.lru_cache(maxsize=4096)
def _spender(number: int, year: int) -> tuple[tuple[str, ...], str]:
    """The first seven fields of a deputy or a leadership, and nuDeputadoId."""
    if number >= _DEPUTIES:
        return (_LEADERSHIPS[number - _DEPUTIES], "", "", "0", "", "", ""), str(3200 + number)
    began = 2015 + (year - 2015) // 4 * 4
    legislature = str(55 + (began - 2015) // 4)
    state, party = _STATES[number % 27 * 3 :][:2], _PARTIES[number % len(_PARTIES)]
    name = _person(number)
    return (name, str(70_000 + number), str(number + 1), str(began), state, party, legislature), str(
        number + 1
    )


@functools.lru_cache(maxsize=8192)
def _person(number: int) -> str:
    first, middle, last = number % 11, number // 11 % 11, number // 121 % 11
    return f"{_FIRST[first]} {_LAST[middle]} {_LAST[last]}"


def _supplier(random: Random, category: int) -> tuple[str, str]:
    """Name and number: a CNPJ with its leading zeros, a CPF of a person, or none."""
    match category:
        case 999:
            airline = random.randrange(3)
            return ("Cia Aérea - " + ("GOL", "TAM", "AVIANCA")[airline], f"0757565100015{airline}")
        case 10 | 11:
            return random.choice(("RAMAL", "CELULAR FUNCIONAL", "CORREIOS - SEDEX CONVENCIONAL")), ""
    number = int(15_000 ** random.random())
    if number % 50 == 7:
        return _person(number).title(), f"{number * 7919 % 10**11:011}"
    name = f"POSTO {_LAST[number % 11]} {number} LTDA"
    if number % 97 == 5:
        # One-person companies have their owner's CPF in their name.
        name = f"{_person(number)} {number * 104_729 % 10**11:011}"
    return (name if random.random() > 0.1 else name.lower()), f"{number * 611_953:012}"[-12:] + "00"


def _document_number(random: Random, n: int) -> str:
    return random.choices((str(100_000 + n), "s/n", "", f"S\\N {n}"), (90, 5, 3, 2))[0]


def _reais(cents: int) -> str:
    """As the Chamber writes it: a comma, and no zeros at the end."""
    sign, (reais, rest) = "-" * (cents < 0), divmod(abs(cents), 100)
    return f"{sign}{reais}" + (f",{rest:02}".rstrip("0") if rest else "")
