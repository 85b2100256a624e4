"""The person an identity provider vouches for, in our words whatever the provider's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from connectors.errors import ProviderBreach
from connectors.oidc.provider import Shape
from contracts.identifiers import is_siret


@dataclass(frozen=True, slots=True, repr=False)
class SignedInPerson:
    """Who signed in.

    ``birthdate`` is YYYY-MM-DD where month and day may be ``00`` (not known to the registry), so it stays text.
    ``birthplace`` and ``birthcountry`` are INSEE codes (COG); the place is empty for those born abroad.
    """

    issuer: str
    subject: str
    level: str
    family_name: str
    given_names: tuple[str, ...]
    preferred_username: str | None = None
    birthdate: str | None = None
    gender: str | None = None
    birthplace: str | None = None
    birthcountry: str | None = None
    email: str | None = None
    siret: str | None = None

    def __repr__(self) -> str:
        """Show where the person signed in, and nothing of the person."""
        return f"SignedInPerson(issuer={self.issuer!r}, level={self.level!r})"


Text = Annotated[StrictStr, Field(min_length=1, max_length=255)]
_BIRTH_DATE = r"^\d{4}-(00-00|(0[1-9]|1[0-2])-(0[0-9]|[12]\d|3[01]))$"


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    sub: Text
    email: Text | None = None


class _Resident(_Claims):
    family_name: Text
    given_name: Text
    given_name_array: Annotated[list[Text], Field(min_length=1, max_length=20)] | None = None
    preferred_username: Text | None = None
    birthdate: Annotated[StrictStr, Field(pattern=_BIRTH_DATE)]
    gender: Annotated[StrictStr, Field(pattern=r"^(female|male)$")] | None = None
    birthplace: Annotated[StrictStr, Field(pattern=r"^([0-9][0-9AB][0-9]{3})?$")] | None = None
    birthcountry: Annotated[StrictStr, Field(pattern=r"^([0-9]{5})?$")] | None = None

    def given(self) -> tuple[str, ...]:
        """Prefer the array: splitting on spaces breaks « Jean Philippe » in two."""
        return tuple(self.given_name_array) if self.given_name_array else (self.given_name,)


class _Pivot(_Resident):
    """FranceConnect's pivot identity is always whole."""

    gender: Annotated[StrictStr, Field(pattern=r"^(female|male)$")]
    birthplace: Annotated[StrictStr, Field(pattern=r"^([0-9][0-9AB][0-9]{3})?$")]
    birthcountry: Annotated[StrictStr, Field(pattern=r"^[0-9]{5}$")]


class _Agent(_Claims):
    usual_name: Text
    given_name: Text
    uid: Text
    email: Text
    siret: Annotated[StrictStr, Field(pattern=r"^\d{14}$")]


def person_from_claims(shape: Shape, claims: Mapping[str, Any], *, issuer: str, level: str) -> SignedInPerson:
    """Return the person that verified ``claims`` of a provider of this ``shape`` describe.

    Raises:
        ProviderBreach: a claim that this provider always gives is missing or is not what it should be.
    """
    try:
        if shape is Shape.PROCONNECT:
            return _agent(_Agent.model_validate(dict(claims)), issuer, level)
        form = _Pivot if shape is Shape.FRANCECONNECT else _Resident
        return _resident(form.model_validate(dict(claims)), issuer, level)
    except ValidationError as error:
        fields = sorted({str(part["loc"][0]) for part in error.errors(include_input=False) if part["loc"]})
        # From None: the cause would carry the values into a traceback.
        raise ProviderBreach("claims " + ", ".join(fields)) from None


def _resident(claims: _Resident, issuer: str, level: str) -> SignedInPerson:
    return SignedInPerson(
        issuer=issuer,
        subject=claims.sub,
        level=level,
        family_name=claims.family_name,
        given_names=claims.given(),
        preferred_username=claims.preferred_username,
        birthdate=claims.birthdate,
        gender=claims.gender,
        birthplace=claims.birthplace,
        birthcountry=claims.birthcountry,
        email=claims.email,
    )


def _agent(claims: _Agent, issuer: str, level: str) -> SignedInPerson:
    if not is_siret(claims.siret):
        raise ProviderBreach("claims siret")
    return SignedInPerson(
        issuer=issuer,
        subject=claims.sub,
        level=level,
        family_name=claims.usual_name,
        given_names=(claims.given_name,),
        email=claims.email,
        siret=claims.siret,
    )
