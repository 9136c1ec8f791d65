# SPDX-License-Identifier: Apache-2.0
"""The stream that FastAPI programs start with. Nothing here is mended."""

import asyncio
import json
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True,
                   allow_methods=["*"], allow_headers=["*"])
PERIOD = int(os.environ.get("PERIOD_MS", "1000")) / 1000


async def ticks():
    count = 0
    while True:
        count += 1
        yield f"data: {json.dumps({'count': count})}\n\n"
        await asyncio.sleep(PERIOD)


@app.get("/stream")
async def stream():
    return StreamingResponse(ticks(), media_type="text/event-stream")
