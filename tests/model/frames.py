"""When are two suspended generators in the same state? When their live local variables are the same.

The steps of the protocol are generators. To explore them one must know whether a state was seen before, and
a generator can be neither copied nor compared. Its frame can: where it stands, and the values of those
local variables that it will still read.
"""

from __future__ import annotations

import dis
from collections.abc import Generator, Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import CodeType, FunctionType, GeneratorType
from typing import Any

import msgspec

from warehouse.contract import Contract
from warehouse.log import Entry, State

IGNORED = frozenset({"written"})
"""Counters that decide nothing."""


@cache
def live_variables(code: CodeType) -> dict[int, frozenset[str]]:
    """By instruction offset: the local variables that may be read before they are written again.

    The usual backward data flow over the bytecode. What is not understood counts as a read, so that two
    states may be told apart that are the same, and never the other way round.
    """
    instructions = list(dis.get_instructions(code))
    position = {instruction.offset: i for i, instruction in enumerate(instructions)}
    follows: list[list[int]] = []
    for i, instruction in enumerate(instructions):
        name, after = instruction.opname, []
        ends = name.startswith(("RETURN", "RERAISE", "RAISE")) or name in ("JUMP_FORWARD", "JUMP_BACKWARD")
        if not (ends or name == "JUMP_BACKWARD_NO_INTERRUPT") and i + 1 < len(instructions):
            after.append(i + 1)
        if instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
            after.append(position[instruction.argval])
        follows.append(after)
    always = frozenset(code.co_cellvars) | frozenset(code.co_freevars)
    live: list[frozenset[str]] = [always] * len(instructions)
    changed = True
    while changed:
        changed = False
        for i in range(len(instructions) - 1, -1, -1):
            instruction = instructions[i]
            out = frozenset().union(always, *(live[j] for j in follows[i]))
            names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
            if instruction.opname == "STORE_FAST":
                out -= {instruction.argval} - always
            elif "FAST" in instruction.opname:
                out |= {name for name in names if isinstance(name, str)}
            if out != live[i]:
                live[i], changed = out, True
    return {instruction.offset: live[i] for i, instruction in enumerate(instructions)}


def freeze_generator(generator: Generator[Any, Any, Any]) -> Hashable:
    """A key of a suspended generator and of those it delegates to."""
    assert isinstance(generator, GeneratorType)
    frame = generator.gi_frame
    assert frame is not None
    live = live_variables(frame.f_code)[frame.f_lasti]
    values = tuple(
        (name, freeze(value))
        for name, value in sorted(frame.f_locals.items())
        if name in live and name not in IGNORED
    )
    inner = generator.gi_yieldfrom
    below = freeze_generator(inner) if isinstance(inner, GeneratorType) else None
    return (frame.f_code.co_name, frame.f_lasti, values, below)


def freeze(value: Any) -> Hashable:
    """A key of a value. A log's fold is known by its time, which in the model names every entry in it."""
    match value:
        case State():
            return ("state", value.time)
        case Entry():
            return ("entry", value.time)
        case Contract():
            return ("contract", msgspec.json.encode(value, order="deterministic"))
        case msgspec.Struct():
            return (type(value).__name__, msgspec.json.encode(value, order="deterministic"))
        case Enum() | str() | int() | float() | bytes() | None:
            return value
        case dict():
            return tuple(sorted(((freeze(k), freeze(v)) for k, v in value.items()), key=repr))
        case list() | tuple():
            return tuple(freeze(item) for item in value)
        case set() | frozenset():
            return tuple(sorted((freeze(item) for item in value), key=repr))
        case FunctionType() | type():
            return value.__qualname__
    if isinstance(value, GeneratorType):
        return freeze_generator(value)
    if is_dataclass(value):
        return (type(value).__name__, *(freeze(getattr(value, f.name)) for f in fields(value) if f.compare))
    raise TypeError(f"the model cannot freeze {type(value).__name__}")
