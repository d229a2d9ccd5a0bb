"""What tests of quality share."""

from tests.quality.shop_fixtures import folder as folder
from tests.quality.shop_fixtures import orders as orders
