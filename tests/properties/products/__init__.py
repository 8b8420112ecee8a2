"""Databases as others made them (`postgres/schemas`), filled with the world as far as each can hold it."""

from __future__ import annotations

from properties.products import events, newsletter, prisma, rails
from properties.products.product import Ids, Product

__all__ = ["PRODUCTS", "Ids", "Product"]

PRODUCTS = {each.PRODUCT.name: each.PRODUCT for each in (events, newsletter, prisma, rails)}
