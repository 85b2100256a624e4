"""What can go wrong around a pipeline, in words for an engineer."""


class PipelineError(Exception):
    """A pipeline could not do what was asked."""


class InstanceNotMigrated(PipelineError):
    """Dagster's own tables could not be brought to this version."""


class LaunchRefused(PipelineError):
    """Dagster did not take the run."""


class RunNotFinished(PipelineError):
    """The run did not finish in the time given."""


class TickFailed(PipelineError):
    """A schedule or sensor could not be evaluated; the text is the class of what was raised, and nothing else."""
