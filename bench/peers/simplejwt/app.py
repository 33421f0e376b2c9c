"""SimpleJWT as its users run it: Django, Django REST framework, SQLite with the durability of the service, and the same
password cost. gunicorn runs `application`; run by itself, the file makes the database and prints tokens to ask with."""

import json
import os
import sys

import django
from django.conf import settings
from django.contrib.auth.hashers import BCryptPasswordHasher
from django.db.backends.signals import connection_created

USERS = 1000
PASSWORD = "Secret1234"


class Cost10(BCryptPasswordHasher):
    rounds = 10


settings.configure(
    SECRET_KEY="a secret for the benchmark alone, long enough",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(os.environ["DATA_DIR"], "simplejwt.db"),
            "CONN_MAX_AGE": None,
        }
    },
    PASSWORD_HASHERS=[__name__ + ".Cost10"],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
    SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True},
)


def as_durable_as_the_service(connection, **_):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")


connection_created.connect(as_durable_as_the_service)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt import authentication, views  # noqa: E402


class Me(APIView):
    authentication_classes = [authentication.JWTAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"username": request.user.username})


class StatelessMe(Me):
    authentication_classes = [authentication.JWTTokenUserAuthentication]

    def get(self, request):
        return Response({"username": request.user.id})


urlpatterns = [
    path("token", views.TokenObtainPairView.as_view()),
    path("token/refresh", views.TokenRefreshView.as_view()),
    path("me", Me.as_view()),
    path("stateless-me", StatelessMe.as_view()),
]


def seed(refreshes):
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import transaction
    from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

    call_command("migrate", verbosity=0)
    stored = make_password(PASSWORD)
    AccessToken.lifetime *= 12
    with transaction.atomic():
        users = [User.objects.create(username=f"person{number}", password=stored) for number in range(USERS)]
        tokens = {
            "access": [str(AccessToken.for_user(user)) for user in users],
            "refresh": [str(RefreshToken.for_user(users[number % USERS])) for number in range(refreshes)],
        }
    json.dump(tokens, sys.stdout)


if __name__ == "__main__":
    seed(int(sys.argv[1]))
else:
    application = get_wsgi_application()
