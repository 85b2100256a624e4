"""The closed list of problem types we answer with (RFC 9457), each with a sentence in French and one in English."""

from dataclasses import dataclass

TYPE_PREFIX = "urn:unefois:problem:"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of refusal: a stable name, an HTTP status, and what a parent and an engineer read."""

    name: str
    status: int
    title: str
    fr: str

    @property
    def uri(self) -> str:
        """The ``type`` member of the problem document."""
        return TYPE_PREFIX + self.name


def _p(name: str, status: int, title: str, fr: str) -> ProblemType:
    return ProblemType(name, status, title, fr)


PROBLEMS: dict[str, ProblemType] = {
    problem.name: problem
    for problem in (
        _p("malformed", 400, "The request could not be understood.", "Nous n'avons pas compris la demande."),
        _p("empty-body", 400, "The body is empty.", "Le fichier reçu est vide. Choisissez un autre fichier."),
        _p(
            "length-mismatch",
            400,
            "The body does not have the announced length.",
            "Le fichier n'est pas arrivé en entier. Recommencez l'envoi.",
        ),
        _p("length-required", 411, "Content-Length is required.", "La taille du fichier n'a pas été annoncée."),
        _p("sign-in-required", 401, "Sign in first.", "Connectez-vous pour continuer."),
        _p("sign-in-failed", 400, "The sign-in did not succeed.", "La connexion n'a pas abouti. Recommencez."),
        _p("cross-site", 403, "The request came from another site.", "Cette demande vient d'un autre site."),
        _p(
            "sign-in-stale",
            401,
            "Sign in again: this takes a sign-in of the last five minutes.",
            "Pour votre sécurité, connectez-vous à nouveau, puis recommencez.",
        ),
        _p(
            "level-too-low",
            403,
            "This account's level of assurance is too low.",
            "Votre mode de connexion ne suffit pas pour cette action.",
        ),
        _p(
            "accounts-differ",
            409,
            "The two accounts name different persons.",
            "Les deux comptes ne portent pas le même nom ou la même date de naissance. Nous ne les avons pas reliés.",
        ),
        _p(
            "outside-mandate",
            403,
            "The mandate does not cover this, or is over. DELETE /v1/acting ends acting for somebody.",
            "Votre mandat ne permet pas cela, ou il est terminé. Revenez à votre propre compte.",
        ),
        _p(
            "superseded",
            409,
            "This subject was merged into another one; 'surviving' names it.",
            "Ce dossier a été réuni à un autre.",
        ),
        _p(
            "code-refused",
            403,
            "The code is not good: wrong, used, or over.",
            "Ce code n'est pas valable. Demandez-en un nouveau.",
        ),
        _p(
            "accounts-full",
            409,
            "The other account holds papers or requests of its own.",
            "L'autre compte contient déjà des documents ou des demandes. Deux agents vont regarder s'ils peuvent les réunir.",
        ),
        _p("not-found", 404, "There is nothing here for you.", "Nous n'avons rien trouvé ici pour vous."),
        _p("method-not-allowed", 405, "This method is not allowed here.", "Cette action n'existe pas ici."),
        _p(
            "too-large",
            413,
            "The document is over the size limit.",
            "Le fichier est trop lourd. Choisissez un fichier plus léger, ou prenez une photo moins grande.",
        ),
        _p(
            "unsupported-type",
            415,
            "Only PDF, JPEG, PNG and HEIC are taken.",
            "Nous acceptons les PDF et les photos JPEG, PNG ou HEIC.",
        ),
        _p(
            "type-mismatch",
            415,
            "The bytes are not of the announced type.",
            "Le contenu du fichier ne correspond pas à son type. Enregistrez-le à nouveau, puis renvoyez-le.",
        ),
        _p("invalid", 422, "A value is not valid.", "Une information est incorrecte."),
        _p(
            "idempotency-key-missing",
            400,
            "Idempotency-Key is required.",
            "L'envoi ne porte pas de numéro. Recommencez depuis la page de dépôt.",
        ),
        _p(
            "idempotency-key-in-flight",
            409,
            "A request with this Idempotency-Key is being handled.",
            "Cet envoi est déjà en cours. Attendez quelques instants.",
        ),
        _p(
            "idempotency-key-reused",
            422,
            "This Idempotency-Key was used for another content.",
            "Ce numéro d'envoi a déjà servi pour un autre contenu.",
        ),
        _p(
            "idempotency-answer-lost",
            409,
            "What was asked under this Idempotency-Key is done, but its answer is lost: look before you ask again.",
            "Votre demande a bien été prise en compte, mais la réponse s'est perdue. Vérifiez avant de recommencer.",
        ),
        _p(
            "upload-offset",
            409,
            "The bytes do not begin where the upload stands; ask where that is.",
            "L'envoi reprend au mauvais endroit. Recommencez l'envoi.",
        ),
        _p(
            "upload-taken",
            423,
            "A later request has taken this upload over.",
            "Cet envoi continue dans une autre fenêtre ou sur un autre appareil.",
        ),
        _p(
            "upload-expired",
            410,
            "The upload was not finished in time and is gone.",
            "L'envoi est resté trop longtemps inachevé. Recommencez-le depuis le début.",
        ),
        _p(
            "too-many-uploads",
            429,
            "As many unfinished uploads as are kept for one person are waiting.",
            "Trop d'envois inachevés vous attendent. Terminez-en un ou annulez-le.",
        ),
        _p(
            "checksum-mismatch",
            460,
            "The bytes are not those the checksum was made of; they were not kept.",
            "Une partie du fichier est arrivée abîmée. L'envoi peut reprendre.",
        ),
        _p(
            "upload-protocol",
            412,
            "Tus-Resumable: 1.0.0 is required.",
            "Cette application ne sait pas envoyer de fichier ici. Passez par la page de dépôt.",
        ),
        _p(
            "body-type",
            415,
            "The body must be application/offset+octet-stream.",
            "Nous n'avons pas compris l'envoi. Passez par la page de dépôt.",
        ),
        _p(
            "conflict",
            409,
            "The state of the thing does not allow this.",
            "Cette action n'est plus possible.",
        ),
        _p(
            "held",
            409,
            "A legal hold keeps this document; it can be erased once the hold is lifted.",
            "Une décision nous oblige à conserver ce document. Vous pourrez l'effacer quand elle prendra fin.",
        ),
        _p(
            "already-requested",
            409,
            "This request is open already.",
            "Vous avez déjà fait cette demande. Elle suit son cours.",
        ),
        _p(
            "served-elsewhere",
            409,
            "Another body has this service for this child in that time. Declare a move instead.",
            "Un autre service s'occupe déjà de cette demande pour votre enfant. Si vous avez déménagé, déclarez-le.",
        ),
        _p(
            "never-ask-twice",
            409,
            "The family may not be asked for this: it is held, can be obtained, or may not be required.",
            "Cette information ne peut pas être redemandée à la famille.",
        ),
        _p(
            "agent-sign-in-required",
            401,
            "An agent must sign in first.",
            "Connectez-vous avec votre compte d'agent pour continuer.",
        ),
        _p(
            "agent-unknown",
            403,
            "This account has no role here.",
            "Votre compte n'a pas encore d'accès ici. Demandez-le à la personne qui gère les accès de votre service.",
        ),
        _p(
            "review-taken",
            409,
            "A colleague has taken this review.",
            "Un collègue examine déjà ce dossier.",
        ),
        _p(
            "review-not-taken",
            409,
            "Take the review before acting on it.",
            "Prenez d'abord ce dossier. Si vous l'aviez pris, le temps réservé est passé.",
        ),
        _p(
            "opinion-given",
            409,
            "You have given your opinion; a colleague gives the other one.",
            "Vous avez déjà donné votre avis sur ce dossier. Le second avis est celui d'un collègue.",
        ),
        _p(
            "cursor-gone",
            410,
            "Events after this cursor are kept no more; read from the beginning, and ask about what you hold.",
            "Ce repère est trop ancien. Reprenez la lecture depuis le début.",
        ),
        _p("no-webhook", 409, "You have no webhook.", "Ce service n'a pas d'adresse de notification."),
        _p("no-ground", 403, "There is no ground for this release.", "Aucune règle ne permet cette transmission."),
        _p(
            "outside-agreement",
            403,
            "The agreement does not cover this.",
            "La convention de ce service ne couvre pas cette demande.",
        ),
        _p(
            "not-habilitated",
            403,
            "The agreement lists no such treatment and no such role of agents.",
            "La convention de ce service ne mentionne pas le traitement ou l'agent qui demande.",
        ),
        _p(
            "maintenance",
            503,
            "Under maintenance: reading goes on, nothing is written; Retry-After says when to try again.",
            "Une mise à jour est en cours. Vous pouvez consulter votre espace, mais rien ne peut être enregistré pour"
            " l'instant. Réessayez un peu plus tard.",
        ),
        _p(
            "releases-stopped",
            503,
            "The City has stopped every release to partners for now; nothing was handed over.",
            "La Ville a suspendu toutes les transmissions aux services. Rien n'a été transmis.",
        ),
        _p(
            "answer-only",
            403,
            "The agreement gives answers, not documents.",
            "La convention de ce service lui donne une réponse, et non le document.",
        ),
        _p("invalid-client", 401, "Client authentication failed.", "L'identification du service a échoué."),
        _p("token-missing", 401, "An access token is needed.", "Un jeton d'accès est nécessaire."),
        _p("invalid-token", 401, "The access token is not valid.", "Le jeton d'accès n'est pas valable."),
        _p(
            "invalid-proof", 401, "The proof of possession does not hold.", "La preuve de possession n'est pas valable."
        ),
        _p(
            "proof-nonce-needed",
            401,
            "Send the proof of possession again, with the nonce of this answer.",
            "La preuve de possession doit porter le nombre donné dans cette réponse.",
        ),
        _p(
            "quota-exceeded",
            429,
            "Too many requests within a minute; Retry-After says when to go on.",
            "Il y a eu trop de demandes en peu de temps. Attendez une minute, puis réessayez.",
        ),
        _p(
            "too-many-codes",
            429,
            "Enough codes were sent to this person or number today.",
            "Nous avons déjà envoyé plusieurs codes aujourd'hui. Réessayez demain, ou choisissez un autre moyen.",
        ),
        _p(
            "outside-grant",
            403,
            "The access token was not issued for this.",
            "Le jeton d'accès n'a pas été donné pour cette demande.",
        ),
        _p(
            "pipelines-away",
            503,
            "The pipelines' pages do not answer.",
            "Les pages des chaînes ne répondent pas. Réessayez dans quelques minutes.",
        ),
        _p(
            "store-unavailable",
            503,
            "Storage does not answer; nothing was kept.",
            "Nous ne pouvons pas enregistrer pour l'instant. Rien n'a été gardé. Réessayez dans quelques minutes.",
        ),
        _p(
            "storage-full",
            507,
            "Storage is full; nothing was kept.",
            "Nous n'avons plus de place pour l'instant. Rien n'a été gardé. Réessayez plus tard : l'équipe est prévenue.",
        ),
        _p(
            "took-too-long",
            503,
            "What had arrived was swept away before it was complete; nothing was kept.",
            "L'envoi a duré trop longtemps. Rien n'a été gardé. Déposez le document à nouveau.",
        ),
        _p(
            "key-service-unavailable",
            503,
            "The key service is sealed or does not answer; nothing was kept and nothing was opened.",
            "Nous ne pouvons ni enregistrer ni ouvrir de document pour l'instant. Réessayez dans quelques minutes.",
        ),
        _p(
            "database-unavailable",
            503,
            "The database does not answer; nothing was kept.",
            "Le service est momentanément indisponible. Réessayez dans quelques minutes.",
        ),
        _p(
            "integrity",
            500,
            "What was stored is not what was deposited; an engineer has been told.",
            "Ce document ne peut pas être ouvert pour l'instant. Nos équipes sont prévenues.",
        ),
        _p(
            "internal",
            500,
            "Something went wrong on our side.",
            "Une erreur est survenue de notre côté. Réessayez dans quelques minutes.",
        ),
    )
}
