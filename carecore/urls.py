"""Every address of the product: carecore's own and those of each business."""

from django.urls import include, path

from carecore.care_admin import site
from carecore.views import (
    accounts,
    attachments,
    audit,
    desk,
    facts,
    health,
    jobs,
    people,
    policy,
    register_imports,
    units,
    users,
)

handler400 = "carecore.views.errors.bad_request"
handler403 = "carecore.views.errors.forbidden"
handler404 = "carecore.views.errors.not_found"

urlpatterns = [
    *desk.urlpatterns,
    *health.urlpatterns,
    *accounts.urlpatterns,
    *users.urlpatterns,
    *units.urlpatterns,
    *people.urlpatterns,
    *facts.urlpatterns,
    *attachments.urlpatterns,
    *audit.urlpatterns,
    *jobs.urlpatterns,
    *register_imports.urlpatterns,
    *policy.urlpatterns,
    path("admin/", site.urls),
    path("funds/", include("funds.urls")),
    path("sanatorium/", include("sanatorium.urls")),
    path("visits/", include("visits.urls")),
]
