"""Initial values, written in place and outside the graph; every function returns its tensor.

Which scale is whose, for weights of ``fan_in`` inputs and ``fan_out`` outputs per unit:

| standard deviation | function | from |
|---|---|---|
| ``sqrt(1 / fan_in)`` | ``lecun_normal_`` | LeCun et al., Efficient BackProp, 1998, equation 16 |
| ``gain * sqrt(1 / fan_in)`` | ``fan_in_normal_`` | lectures, often under Xavier's name |
| ``gain * sqrt(1 / (3 * fan_in))`` | ``fan_in_uniform_`` | the old heuristic; Glorot and Bengio, 2010, equation 1 |
| ``gain * sqrt(2 / (fan_in + fan_out))`` | ``xavier_normal_`` | Glorot and Bengio, 2010, equation 12 |
| ``sqrt(2 / fan_in)`` | ``kaiming_normal_`` | He et al., Delving deep into rectifiers, 2015, equation 10 |

A lecture's ``2 / sqrt(n)`` is a misprint of He's ``sqrt(2 / n)``: it would double the variance at every layer.
"""

from __future__ import annotations

from .data_dependent import *
from .filling import *
from .older_names import *
from .orthonormal import *
from .scaled import *
from .scaled import _calculate_correct_fan as _calculate_correct_fan
from .scaled import _calculate_fan_in_and_fan_out as _calculate_fan_in_and_fan_out
