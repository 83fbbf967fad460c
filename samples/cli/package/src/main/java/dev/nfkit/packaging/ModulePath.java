// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import dev.nfkit.samples.cli.outline.Outline;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.ModuleVisitor;
import org.objectweb.asm.Opcodes;

/**
 * The modules of the product: its jars, with the outlines of the commands, and two replacements.
 *
 * <ul>
 *   <li>JNA becomes a module without classes. The product's Java permits calls by {@code java.lang.foreign}, so that it is
 *       never used; with it the image would contain {@code java.desktop}.
 *   <li>Classes of the format of Java 5, which are those of picocli, get that of Java 8. A cache of classes takes only those
 *       whose verification needs no other classes: with a stack map, which formats before 50 do not have.
 * </ul>
 */
final class ModulePath {
    private static final String PROGRAM = "nfkit-samples-cli";
    private static final String OUTLINES = Outline.class.getPackageName().replace('.', '/') + "/";
    private static final int MAJOR_AT = 7;
    private static final int WITH_STACK_MAPS = 50;

    private ModulePath() {}

    /** Fills a directory with them, and returns it. */
    static Path of(Path jars, Map<String, String> outlines, Path modules) throws IOException {
        Tree.empty(modules);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(jars, "*.jar")) {
            for (Path jar : all) {
                String name = jar.getFileName().toString();
                if (!name.startsWith("jna")) {
                    raise(jar, modules.resolve(name), name.startsWith(PROGRAM) ? outlines : Map.of());
                }
            }
        }
        Path jna = Files.createDirectory(modules.resolve("jna"));
        Files.write(jna.resolve("module-info.class"), empty("com.sun.jna"));
        return modules;
    }

    private static byte[] empty(String module) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V17, Opcodes.ACC_MODULE, "module-info", null, null, null);
        ModuleVisitor declared = writer.visitModule(module, 0, null);
        declared.visitRequire("java.base", Opcodes.ACC_MANDATED, null);
        declared.visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }

    private static void raise(Path from, Path to, Map<String, String> outlines) throws IOException {
        try (JarFile jar = new JarFile(from.toFile());
                OutputStream file = Files.newOutputStream(to);
                JarOutputStream raised = new JarOutputStream(file)) {
            List<JarEntry> entries = Collections.list(jar.entries());
            for (JarEntry entry : entries) {
                raised.putNextEntry(new JarEntry(entry.getName()));
                try (InputStream content = jar.getInputStream(entry)) {
                    byte[] bytes = content.readAllBytes();
                    boolean old = entry.getName().endsWith(".class") && bytes[MAJOR_AT] < WITH_STACK_MAPS;
                    raised.write(old ? raised(bytes) : bytes);
                }
            }
            for (Map.Entry<String, String> outline : outlines.entrySet()) {
                raised.putNextEntry(new JarEntry(OUTLINES + outline.getKey() + ".outline"));
                raised.write(outline.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private static byte[] raised(byte[] old) {
        // Finds common superclasses by loading the classes, which are on this class path.
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_FRAMES);
        ClassVisitor visitor = new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public void visit(int version, int access, String name, String generic, String base, String[] interfaces) {
                super.visit(Opcodes.V1_8, access, name, generic, base, interfaces);
            }
        };
        new ClassReader(old).accept(visitor, 0);
        return writer.toByteArray();
    }
}
