"""The Jinja environment of templates: no files, no clock, no chance, and limits on one step's size."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace as JinjaNamespace
from jinja2.utils import missing

from warehouse.template_names import Namespace, is_clock
from warehouse.template_text import LONGEST

_STEPS = 200_000
"""Of all ``range()`` in one rendering together."""
_WIDEST = 10_000
_FILTERS_LEFT_OUT = ("random", "pprint", "xmlattr", "urlize", "tojson")


class MissingError(UndefinedError):
    """A name that is not there. ``owner`` is what was asked for it, None for a global name."""

    def __init__(self, name: str | None, owner: object, message: str | None = None) -> None:
        super().__init__(message or f"`{name}` is not defined")
        self.missing = "" if name is None else str(name)  # of [1][5] it is 5
        self.owner = owner


class _Strict(StrictUndefined):
    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError
    ) -> None:
        if exc is UndefinedError:
            owner = None if obj is missing else obj

            def exc(message: str | None = None) -> MissingError:
                return MissingError(name, owner, message)

        super().__init__(hint, obj, name, exc)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with the checks above."""

    intercepted_binops = frozenset(["*", "**", "%"])

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Namespace):
            # A variable may be called `values` or `name`.
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not is_clock(obj, attr) and super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        if is_clock(obj, attribute):
            message = f"`{attribute}` is different at every run; use ds or data_interval_start"
            return self.undefined(message, name=attribute, obj=obj, exc=SecurityError)
        return super().unsafe_undefined(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and (not _small(left, 10_000) or not _small(right, 100)):
            raise SecurityError("this power is too large")
        if operator == "*":
            for text, times in ((left, right), (right, left)):
                if isinstance(text, str | bytes | list | tuple) and not _small(
                    times, LONGEST // (len(text) or 1)
                ):
                    raise SecurityError(f"this repetition is longer than {LONGEST}")
        if operator == "%" and isinstance(left, str):
            _check_format(left)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Any:
        owner = getattr(value, "__self__", None)
        if isinstance(owner, str) and value.__name__ in ("format", "format_map"):
            _check_format(owner)
        return super().wrap_str_format(value)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str | bytes | int | list | tuple):
            _check_arguments(args, kwargs)
            if isinstance(owner, str) and obj.__name__ == "replace" and len(args) > 1:
                old, new = str(args[0]), str(args[1])
                if owner.count(old) * len(new) > LONGEST:
                    raise SecurityError(f"this replacement is longer than {LONGEST}")
        return super().call(context, obj, *args, **kwargs)


def _small(value: Any, limit: int) -> bool:
    return not isinstance(value, int | float) or abs(value) <= limit


def _check_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    for value in (*args, *kwargs.values()):
        if isinstance(value, int) and abs(value) > _WIDEST:
            raise SecurityError(f"{value} is too large a width")


def _check_format(text: str) -> None:
    if re.search(r"\*|[0-9]{5}", text):
        raise SecurityError("this format's width is too large, or not fixed")


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that takes widths, or a format, with sensible ones only."""
    skipped = 1 if hasattr(function, "jinja_pass_arg") else 0

    @functools.wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        _check_arguments(args[skipped + 1 :], kwargs)
        if function.__name__ == "do_format":
            _check_format(str(args[skipped]))
        return function(*args, **kwargs)

    return limited


class Range:
    """``range`` with one budget for a whole rendering: nested loops multiply."""

    def __init__(self) -> None:
        self.left = _STEPS

    def __call__(self, *bounds: int) -> range:
        made = range(*bounds)
        self.left -= len(made)
        if self.left < 0:
            raise SecurityError(f"the ranges are longer than {_STEPS} together")
        return made


def make_sandbox() -> Sandbox:
    """An environment of its own; ``globals`` are empty: names are given at each rendering."""
    env = Sandbox(
        undefined=_Strict, autoescape=False, keep_trailing_newline=True, auto_reload=False, cache_size=0
    )
    env.globals.clear()
    for name in _FILTERS_LEFT_OUT:
        del env.filters[name]
    for name in ("center", "indent", "wordwrap", "format", "batch", "slice"):
        env.filters[name] = _limited(env.filters[name])
    return env


def builtins() -> dict[str, Any]:
    """What every rendering starts with, besides its names."""
    return {"range": Range(), "dict": dict, "namespace": JinjaNamespace}
