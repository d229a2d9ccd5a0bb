"""Do the background work: ingestion, checks, reminders."""

import asyncio
import logging
import signal

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.dcs import jobs


class Command(BaseCommand):
    help = "Take jobs from the queues until told to stop; running jobs are finished first."

    def add_arguments(self, parser):
        parser.add_argument("--queue", action="append", help="Only this queue; may be given several times.")
        parser.add_argument(
            "--concurrency",
            type=int,
            help="Jobs at the same time: one, and beside it PROFILE_CONCURRENCY of the queue profile.",
        )
        parser.add_argument("--until-empty", action="store_true", help="Leave when nothing waits any more.")

    def handle(self, *args, queue, concurrency, until_empty, **options):
        from procrastinate.contrib.django import app

        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        worker_app = app.with_connector(app.connector.get_worker_connector())
        # Lanes give each other work, so that none knows alone when nothing is left.
        lanes = [("portal", queue, concurrency or 1)] if until_empty else _lanes(app, queue, concurrency)
        asyncio.run(_work(worker_app, lanes, until_empty=until_empty))


def _lanes(app, queues, concurrency):
    """[(name, queues, jobs at the same time)]: what reads data for minutes has a lane of its own, and delays nothing else."""
    if queues:
        return [("portal", queues, concurrency or 1)]
    # The library finds the tasks of all apps when it opens; each names its queue.
    app.perform_import_paths()
    known = {task.queue for task in app.tasks.values()} | {"default"}
    return [
        ("portal", sorted(known - {jobs.SLOW}), concurrency or 1),
        ("portal, reading", [jobs.SLOW], concurrency or settings.PROFILE_CONCURRENCY),
    ]


async def _work(app, lanes, *, until_empty):
    async with app.open_async():
        await jobs.sweep(app)
        sweeping = asyncio.create_task(jobs.keep_sweeping(app))
        working = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=queues,
                    concurrency=concurrency,
                    wait=not until_empty,
                    name=name,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=20,
                    update_heartbeat_interval=jobs.HEARTBEAT_SECONDS,
                    stalled_worker_timeout=jobs.STALLED_SECONDS,
                )
            )
            for name, queues, concurrency in lanes
        ]

        def stop():
            for one in working:
                one.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            # A lane that breaks takes the others with it, so that whoever watches the process starts all again.
            done, _left = await asyncio.wait(working, return_when=asyncio.FIRST_EXCEPTION)
            for one in done:
                if not one.cancelled():
                    one.result()
        finally:
            stop()
            await asyncio.gather(*working, return_exceptions=True)
            sweeping.cancel()
