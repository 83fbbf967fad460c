// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Opens files for captures and recordings, which contain payload: only their owner can read them (mode 0600), and a
 * symbolic link is never followed. {@link #create} opens a file that is visible at once; {@link #aside} opens one that
 * gets its name later. One thread at a time; for {@link #channel} the rules of its own class apply.
 *
 * <ul>
 *   <li>A <b>regular file</b> is made under a temporary name with {@code O_CREAT | O_EXCL} and mode 0600, and then
 *       renamed. This replaces an existing file, whatever its mode and its other links are; a reader that has it open
 *       keeps the old content. In a directory that does not allow this, an existing file that belongs to the caller is
 *       overwritten in place, after its mode was changed to 0600.
 *   <li>A <b>symbolic link</b> is refused, except for the names of descriptors that are open already:
 *       {@code /dev/stdout}, {@code /dev/stderr}, {@code /dev/fd/N} and {@code /proc/self/fd/N}.
 *   <li>A <b>FIFO or a device</b> is opened as it is. Opening a FIFO waits for its reader.
 * </ul>
 *
 * <p>On a file system without POSIX permissions, files get its default permissions. Follows {@code open(2)} and {@code
 * rename(2)}.
 */
public final class PrivateFile implements Closeable {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Pattern DESCRIPTOR =
            Pattern.compile("/dev/stdout|/dev/stderr|/dev/fd/[0-9]+|/proc/(thread-)?self/fd/[0-9]+");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int NAME_BYTES = 8;
    private static final int ATTEMPTS = 16;

    private final Path target;
    private final FileChannel channel;
    /** The name that the file has before it is published; null if it has its final name. */
    private @Nullable Path aside;

    private PrivateFile(Path target, FileChannel channel, @Nullable Path aside) {
        this.target = target;
        this.channel = channel;
        this.aside = aside;
    }

    /**
     * Opens a file that is empty and visible under its name at once.
     *
     * @param file the file, made or overwritten
     * @return a channel that writes from the file's start; the caller closes it
     * @throws IOException if the file cannot be opened, is a directory or a symbolic link
     */
    @SuppressWarnings("resource") // the caller closes the channel
    public static FileChannel create(Path file) throws IOException {
        PrivateFile opened = aside(file);
        try {
            opened.rename();
            return opened.channel;
        } catch (IOException e) {
            opened.close();
            return overwrite(file, e instanceof FileSystemException named ? renamed(named, file) : e);
        }
    }

    /**
     * Opens a file that has a temporary name in the same directory until {@link #publish}: an existing file with the
     * final name stays unchanged until then. The temporary name is {@code .nfkit-*.part}. FIFOs, devices, and files in
     * directories that do not allow a new file are opened at once, and the latter overwritten.
     *
     * @param file the file, to be made or overwritten
     * @return the open file; the caller closes it
     * @throws IOException if the file cannot be opened, is a directory or a symbolic link
     */
    public static PrivateFile aside(Path file) throws IOException {
        Objects.requireNonNull(file, "file");
        if (DESCRIPTOR.matcher(file.toString()).matches()) {
            return new PrivateFile(file, FileChannel.open(file, openOptions(false)), null);
        }
        BasicFileAttributes found = find(file);
        if (found == null || found.isRegularFile()) {
            return makeAside(file, found != null);
        }
        if (found.isSymbolicLink()) {
            throw failed(file, "it is a symbolic link, which is not followed; name the file that it points to");
        }
        if (found.isDirectory()) {
            throw failed(file, "Is a directory");
        }
        return new PrivateFile(file, FileChannel.open(file, openOptions(true)), null);
    }

    private static Set<OpenOption> openOptions(boolean special) {
        return special
                ? Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)
                : Set.of(StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** The attributes of the file with a name, not following a link; null if there is none. */
    private static @Nullable BasicFileAttributes find(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static PrivateFile makeAside(Path file, boolean exists) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Path name = file.resolveSibling(temporaryName());
            try {
                return new PrivateFile(file, makeNew(name), name);
            } catch (FileAlreadyExistsException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (FileSystemException e) {
                IOException named = renamed(e, file);
                if (!exists) {
                    throw named;
                }
                return new PrivateFile(file, overwrite(file, named), null);
            }
        }
    }

    private static String temporaryName() {
        byte[] random = new byte[NAME_BYTES];
        RANDOM.nextBytes(random);
        return ".nfkit-" + HexFormat.of().formatHex(random) + ".part";
    }

    private static FileChannel makeNew(Path name) throws IOException {
        Set<OpenOption> options =
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS);
        FileAttribute<?>[] attributes = isPosix(name)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        return FileChannel.open(name, options, attributes);
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /** The same failure under the name that the caller gave. */
    private static FileSystemException renamed(FileSystemException e, Path file) {
        FileSystemException named;
        if (e instanceof NoSuchFileException) {
            named = new NoSuchFileException(file.toString());
        } else if (e instanceof AccessDeniedException) {
            named = new AccessDeniedException(file.toString());
        } else {
            named = failed(file, e.getReason());
        }
        named.initCause(e);
        return named;
    }

    private static FileSystemException failed(Path file, @Nullable String reason) {
        return new FileSystemException(file.toString(), null, reason);
    }

    /** Opens an existing file that belongs to the caller in place, because it could not be replaced. */
    private static FileChannel overwrite(Path file, IOException why) throws IOException {
        BasicFileAttributes before = find(file);
        if (before == null || !before.isRegularFile()) {
            throw why;
        }
        FileChannel channel = null;
        try {
            if (isPosix(file)) {
                // Fails if the file does not belong to the caller. The file is opened without following a link, and
                // changed then.
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .setPermissions(OWNER_ONLY);
            }
            channel = FileChannel.open(file, openOptions(true));
            BasicFileAttributes after = find(file);
            if (after == null
                    || !after.isRegularFile()
                    || !Objects.equals(before.fileKey(), after.fileKey())
                    || (isPosix(file)
                            && !Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS)
                                    .equals(OWNER_ONLY))) {
                throw failed(file, "it was replaced while it was opened");
            }
            return channel.truncate(0);
        } catch (IOException e) {
            if (channel != null) {
                channel.close();
            }
            e.addSuppressed(why);
            throw e;
        }
    }

    /**
     * The channel to write to.
     *
     * @return a channel in blocking mode; {@link #close} closes it
     */
    public FileChannel channel() {
        return channel;
    }

    /**
     * Gives the file its final name and replaces an existing file atomically. Later writes go to the same file.
     * Idempotent.
     *
     * @throws IOException if the file cannot be renamed; it then keeps the name that the message contains
     */
    public void publish() throws IOException {
        Path from = aside;
        try {
            rename();
        } catch (FileSystemException e) {
            FileSystemException named =
                    failed(target, "it could not be replaced (" + reason(e) + "); what was written is in " + from);
            named.initCause(e);
            throw named;
        } finally {
            aside = null;
        }
    }

    private void rename() throws IOException {
        if (aside != null) {
            Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            aside = null;
        }
    }

    private static String reason(FileSystemException e) {
        String reason = e.getReason();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }

    /**
     * Closes the channel, and deletes the file if it was not published. Idempotent.
     *
     * @throws IOException if that fails
     */
    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            Path unpublished = aside;
            aside = null;
            if (unpublished != null) {
                Files.deleteIfExists(unpublished);
            }
        }
    }
}
