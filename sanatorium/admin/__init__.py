"""The sanatorium year in the admin: the same verbs, the same limits beside the fields.

What a workflow moves (states, counters, seats, frozen limits) is shown and never typed over.
"""

from carecore.care_admin import site
from sanatorium.admin.nominations import NominationAdmin
from sanatorium.admin.places import ClassQuotaAdmin, PlanAdmin, UnitQuotaAdmin
from sanatorium.admin.stays import BatchAdmin, CostAdmin, VenueAdmin
from sanatorium.models import Batch, ClassQuota, Cost, Nomination, Plan, UnitQuota, Venue

for model, page in (
    (Plan, PlanAdmin), (ClassQuota, ClassQuotaAdmin), (UnitQuota, UnitQuotaAdmin), (Venue, VenueAdmin),
    (Batch, BatchAdmin), (Cost, CostAdmin), (Nomination, NominationAdmin),
):  # fmt: skip
    site.register(model, page)
