// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Logs by {@link System.Logger} without ever failing: a logging backend that throws must not keep a session from giving
 * a verdict or from closing its socket. A backend that blocks also blocks its caller, so no lock may be held here.
 */
public final class SessionLog {
    private SessionLog() {}

    /**
     * Logs a warning.
     *
     * @param source the class that the logger is named after
     * @param text what happened
     */
    public static void warn(Class<?> source, String text) {
        log(source, System.Logger.Level.WARNING, text, null);
    }

    /**
     * Logs a warning with its cause.
     *
     * @param source the class that the logger is named after
     * @param text what happened
     * @param cause why
     */
    public static void warn(Class<?> source, String text, @Nullable Throwable cause) {
        log(source, System.Logger.Level.WARNING, text, cause);
    }

    /**
     * Logs a detail of operation at DEBUG.
     *
     * @param source the class that the logger is named after
     * @param text makes the text; called only if the level is logged
     */
    public static void debug(Class<?> source, Supplier<String> text) {
        try {
            System.getLogger(source.getName()).log(System.Logger.Level.DEBUG, text);
        } catch (Throwable ignored) {
            // The session continues.
        }
    }

    /**
     * Logs a message. Exceptions of the backend are dropped: there is nowhere left to report them.
     *
     * @param source the class that the logger is named after
     * @param level the level
     * @param text what happened
     * @param cause why, or null
     */
    public static void log(Class<?> source, System.Logger.Level level, String text, @Nullable Throwable cause) {
        try {
            System.getLogger(source.getName()).log(level, text, cause);
        } catch (Throwable ignored) {
            // The session continues.
        }
    }
}
