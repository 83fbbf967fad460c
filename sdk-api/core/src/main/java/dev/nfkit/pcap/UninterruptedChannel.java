// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A file that an interrupt does not close. A {@link FileChannel} closes itself when the writing thread is interrupted,
 * which would end a recording in the middle. Therefore another thread makes each write, and the caller waits for it; an
 * interrupt of the caller is restored afterwards. Closing the channel from any thread still ends a blocked write.
 */
final class UninterruptedChannel implements WritableByteChannel {
    private static final long IDLE_SECONDS = 10;

    private static final ExecutorService WRITERS = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(null, task, "nfkit writes a file", 0, false);
                thread.setDaemon(true);
                return thread;
            });

    private final FileChannel file;

    UninterruptedChannel(FileChannel file) {
        this.file = file;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        FutureTask<Integer> task = new FutureTask<>(() -> file.write(source));
        try {
            WRITERS.execute(task);
        } catch (OutOfMemoryError e) { // no memory for a thread, or no thread left
            return file.write(source);
        }
        return await(task);
    }

    private static int await(Future<Integer> task) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException failure) {
                throw failure;
            }
            if (cause instanceof RuntimeException failure) {
                throw failure;
            }
            if (cause instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException("an undeclared exception of a file", cause);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
