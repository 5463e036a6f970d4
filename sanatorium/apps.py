from django.apps import AppConfig


class SanatoriumConfig(AppConfig):
    name = "sanatorium"
    verbose_name = "疗休养"
    default_auto_field = "django.db.models.BigAutoField"
