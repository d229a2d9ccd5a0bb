"""Do the background work: ingestion, checks, reminders."""

import asyncio
import logging
import signal

from django.core.management.base import BaseCommand

from apps.dcs import jobs


class Command(BaseCommand):
    help = "Take jobs from the queues until told to stop; the running job is finished first."

    def add_arguments(self, parser):
        parser.add_argument("--queue", action="append", help="Only this queue; may be given several times.")
        parser.add_argument("--concurrency", type=int, default=1, help="Jobs at the same time (default 1).")
        parser.add_argument("--until-empty", action="store_true", help="Leave when nothing waits any more.")

    def handle(self, *args, queue, concurrency, until_empty, **options):
        from procrastinate.contrib.django import app

        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        worker_app = app.with_connector(app.connector.get_worker_connector())
        signal.signal(signal.SIGINT, signal.default_int_handler)

        async def work():
            async with worker_app.open_async():
                await jobs.sweep(worker_app)
                sweeping = asyncio.create_task(jobs.keep_sweeping(worker_app))
                try:
                    await worker_app.run_worker_async(
                        queues=queue,
                        concurrency=concurrency,
                        wait=not until_empty,
                        name="portal",
                        install_signal_handlers=True,
                        shutdown_graceful_timeout=20,
                    )
                finally:
                    sweeping.cancel()

        asyncio.run(work())
