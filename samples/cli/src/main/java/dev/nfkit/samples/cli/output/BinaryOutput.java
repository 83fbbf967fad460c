// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output;

import dev.nfkit.pcap.PrivateFile;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The output of commands that write captures and recordings. */
public final class BinaryOutput {
    private BinaryOutput() {}

    /** Opens a private file, or standard output if there is no path. */
    @SuppressWarnings("resource") // the writer closes it
    public static FileChannel open(@Nullable Path path) throws IOException {
        return path == null ? standard() : PrivateFile.create(path);
    }

    /** Standard output as a channel. */
    @SuppressWarnings("resource") // the writer closes it
    public static FileChannel standard() {
        return new FileOutputStream(FileDescriptor.out).getChannel();
    }
}
