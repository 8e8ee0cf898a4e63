"""Which tests share a worker where they run in several processes."""

from xdist.scheduler import LoadGroupScheduling


class GroupOrFile(LoadGroupScheduling):
    """Sends the tests of one xdist_group, or else of one file, to one worker: each file's fixtures are made once."""

    def _split_scope(self, nodeid: str) -> str:
        return super()._split_scope(nodeid).partition("::")[0]
