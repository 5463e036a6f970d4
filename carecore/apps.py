from django.apps import AppConfig


class CarecoreConfig(AppConfig):
    name = "carecore"
    verbose_name = "基础资料"
    default_auto_field = "django.db.models.BigAutoField"
