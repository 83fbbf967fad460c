// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.layers;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.tools.ToolProvider;

/**
 * The layers of a module's packages. Imports go to lower layers only, and packages of one layer never import each
 * other. A package without a layer of its own belongs to the nearest enclosing one that has a layer, except the root.
 */
public final class Layers {
    private final Class<?> inRoot;
    private final String root;
    private final Map<String, Integer> layers;

    private final ArchRule rule = ArchRuleDefinition.classes()
            .should(new ArchCondition<>("be in a known package and import only from lower layers") {
                @Override
                public void check(JavaClass item, ConditionEvents events) {
                    Optional<String> from = known(item);
                    if (from.isEmpty()) {
                        String problem = item.getName() + " is in no package of " + layers.keySet();
                        events.add(SimpleConditionEvent.violated(item, problem));
                        return;
                    }
                    item.getDirectDependenciesFromSelf().stream()
                            .filter(it -> !allowed(from.get(), it))
                            .forEach(it -> events.add(SimpleConditionEvent.violated(item, it.getDescription())));
                }
            });

    private Layers(Class<?> inRoot, Map<String, Integer> layers) {
        this.inRoot = inRoot;
        this.root = inRoot.getPackageName();
        this.layers = Map.copyOf(layers);
    }

    /**
     * The layers of the module that contains a class.
     *
     * @param inRoot a class of the root package
     * @param layers the layer of each package, by its name below the root; the root itself is ""
     * @return the layers
     */
    public static Layers of(Class<?> inRoot, Map<String, Integer> layers) {
        return new Layers(inRoot, layers);
    }

    /**
     * Checks all classes of the module.
     *
     * @throws AssertionError if one imports what it must not, or is in no known package
     */
    public void check() {
        rule.check(ModuleClasses.of(inRoot));
    }

    /**
     * Compiles a class of one package with a field of a class of another, and evaluates the rule on both.
     *
     * @param directory an empty directory
     * @param from the package of the class {@code From}, by its name below the root
     * @param to the package of the class {@code To}
     * @return a line for each violation
     * @throws IOException if the directory cannot be written
     */
    public List<String> violations(Path directory, String from, String to) throws IOException {
        Path first = source(directory, from, "From", packageOf(to) + ".To held;");
        Path second = source(directory, to, "To", "");
        int code = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", directory.toString(), first.toString(), second.toString());
        if (code != 0) {
            throw new IllegalStateException("the fabricated import does not compile");
        }
        return rule.evaluate(new ClassFileImporter().importPath(directory))
                .getFailureReport()
                .getDetails();
    }

    private Path source(Path directory, String below, String name, String body) throws IOException {
        String text = "package " + packageOf(below) + "; public class " + name + " { " + body + " }";
        return Files.writeString(directory.resolve(name + ".java"), text);
    }

    private String packageOf(String below) {
        return below.isEmpty() ? root : root + "." + below;
    }

    private boolean allowed(String from, Dependency dependency) {
        JavaClass target = dependency.getTargetClass();
        if (!inside(target)) {
            return true;
        }
        Optional<String> to = known(target);
        return to.isPresent() && (to.get().equals(from) || layer(to.get()) < layer(from));
    }

    private int layer(String known) {
        return Objects.requireNonNull(layers.get(known));
    }

    /** Whether a class is in the root package or below it. */
    private boolean inside(JavaClass type) {
        return (type.getPackageName() + ".").startsWith(root + ".");
    }

    /** The name of the package with a layer that a class belongs to; empty if there is none. */
    private Optional<String> known(JavaClass type) {
        if (!inside(type)) {
            return Optional.empty();
        }
        String name =
                type.getPackageName().equals(root) ? "" : type.getPackageName().substring(root.length() + 1);
        while (!layers.containsKey(name) && name.contains(".")) {
            name = name.substring(0, name.lastIndexOf('.'));
        }
        return layers.containsKey(name) ? Optional.of(name) : Optional.empty();
    }
}
