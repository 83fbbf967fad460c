// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import java.util.Locale;

/** Explains why the C library's calls could not be loaded, with the cure. */
final class LoadFailure {
    private static final String LOGGING = "java.util.logging.";
    private static final String JNA = "com.sun.jna.";

    private LoadFailure() {}

    /**
     * Cause and cure.
     *
     * @param failure the exception
     * @param foreign whether this Java has {@code java.lang.foreign}, with which calls do not need JNA
     * @return a text
     */
    static String explain(Throwable failure, boolean foreign) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof ClassNotFoundException || root instanceof NoClassDefFoundError) {
            String missing = String.valueOf(root.getMessage()).replace('/', '.');
            return missing(missing) + withoutJna(foreign, " or ");
        }
        if (root instanceof UnsatisfiedLinkError) {
            return "JNA could not load its native part (" + root.getMessage() + "): it unpacks into "
                    + System.getProperty("jna.tmpdir", "~/.cache/JNA/temp")
                    + ", which must be writable and not mounted noexec; name another directory with -Djna.tmpdir=DIR"
                    + withoutJna(foreign, ", or ");
        }
        if (isDenied(root)) {
            return "this JVM denies native access (" + root.getMessage() + ")" + withoutJna(true, ": ");
        }
        return "JNA could not be initialized (" + root + ")" + withoutJna(foreign, ": ");
    }

    private static String missing(String name) {
        if (name.startsWith(LOGGING)) {
            return "JNA needs the module java.logging, which this Java does not have: add it"
                    + " (jlink --add-modules java.logging)";
        }
        if (name.startsWith(JNA)) {
            return "JNA is missing (" + name + "): add net.java.dev.jna:jna to the class path or module path";
        }
        return "JNA needs the class " + name + ", which is missing: add the module that has it to this Java";
    }

    /** IllegalCallerException, which the JVM throws with {@code --illegal-native-access=deny}. */
    private static boolean isDenied(Throwable root) {
        return root instanceof IllegalCallerException
                && String.valueOf(root.getMessage()).toLowerCase(Locale.ROOT).contains("native access");
    }

    private static String withoutJna(boolean foreign, String separator) {
        return foreign ? separator + "permit native access with " + option() + ", and calls go without JNA" : "";
    }

    /** What makes calls faster: the JVM's own warning names the module of JNA, which is not the one to permit. */
    static String hint() {
        return "start Java with " + option() + ": calls are faster then, and JNA is not loaded";
    }

    private static String option() {
        Module module = LoadFailure.class.getModule();
        return "--enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }
}
