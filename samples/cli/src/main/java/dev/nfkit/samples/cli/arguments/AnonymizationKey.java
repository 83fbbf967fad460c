// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The key of the replacements, from the options: a seed, a file, or neither for a random key. */
public final class AnonymizationKey {
    private static final int MAX_KEY = 65_536;

    private AnonymizationKey() {}

    /** Creates an anonymizer with the key of a seed or of a key file; with a random key if neither is given. */
    public static TraceAnonymizer anonymizer(@Nullable String seed, @Nullable Path keyFile, ByteOrder order)
            throws Failure {
        if (seed != null && seed.isEmpty()) {
            throw Failure.usage("the seed is empty; leave it out for a random key");
        }
        if (keyFile == null) {
            return seed == null ? TraceAnonymizer.random(order) : new TraceAnonymizer(order, seed);
        }
        if (seed != null) {
            throw Failure.usage("--key-file " + keyFile + ": a seed is given too; give only one of them");
        }
        byte[] key = read(keyFile);
        if (key.length < TraceAnonymizer.MIN_KEY || key.length > MAX_KEY) {
            throw Failure.usage("--key-file " + keyFile + ": a key of " + TraceAnonymizer.MIN_KEY + " to " + MAX_KEY
                    + " bytes is needed, such as from head -c 32 /dev/urandom");
        }
        return TraceAnonymizer.withKey(order, key);
    }

    /** Reads one byte more than a key may have, so that a file of any length is refused. */
    private static byte[] read(Path file) throws Failure {
        try (InputStream stream = Files.newInputStream(file)) {
            return stream.readNBytes(MAX_KEY + 1);
        } catch (IOException e) {
            String reason = WriteFailure.reason(e);
            throw Failure.usage(reason.startsWith(file.toString()) ? reason : file + ": " + reason);
        }
    }
}
