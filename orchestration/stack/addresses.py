"""Where the two stores of a state folder answer, and the secrets that open them."""

from orchestration.stack.errors import NotRunning
from orchestration.stack.layout import Layout
from orchestration.stack.logins import passwords
from orchestration.stack.objects import BUCKET, Objects
from orchestration.stack.plan import StoreAddresses
from orchestration.stack.ports import LOOPBACK, OBJECT_PORTS, PortBook


def addresses_of(layout: Layout, postgres_port: int, objects: Objects) -> StoreAddresses:
    """The addresses of these two stores."""
    return StoreAddresses(
        postgres_host=LOOPBACK,
        postgres_port=postgres_port,
        passwords=passwords(layout),
        objects_endpoint=objects.endpoint,
        objects_access_key=objects.access_key,
        objects_secret_key=objects.secret_key,
        bucket=BUCKET,
    )


def recorded_objects(layout: Layout) -> Objects | None:
    """The object store as recorded at the last start; None when there never was one."""
    known = PortBook(layout).recorded()
    ports = {name: known[f"objects-{name}"] for name in OBJECT_PORTS if f"objects-{name}" in known}
    return Objects(layout, ports) if len(ports) == len(OBJECT_PORTS) else None


def addresses(layout: Layout) -> StoreAddresses:
    """The addresses recorded at the last start; raises NotRunning when there never was one."""
    objects, port = recorded_objects(layout), PortBook(layout).recorded().get("postgres")
    if objects is None or port is None:
        message = f"nothing was ever started on {layout.state}"
        raise NotRunning(message)
    return addresses_of(layout, port, objects)
