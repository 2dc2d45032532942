"""The version of this package, which results, signatures and cards name."""

VERSION = "0.1.0"
