// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.layers;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The cycles of classes that depend on each other, in each package of a module. Nested classes count as their owner. */
public final class Cycles {
    /** For each package its outermost classes, and which others of the package each depends on. */
    private final Map<String, Map<String, Set<String>>> packages = new TreeMap<>();

    private Cycles() {}

    /**
     * Reads the classes of the module that contains a class.
     *
     * @param inRoot a class of the module's root package
     * @return the cycles
     */
    public static Cycles of(Class<?> inRoot) {
        Cycles cycles = new Cycles();
        for (JavaClass type : ModuleClasses.of(inRoot)) {
            if (!type.getSimpleName().equals("package-info")) {
                cycles.add(type);
            }
        }
        return cycles;
    }

    private void add(JavaClass type) {
        Set<String> found = packages.computeIfAbsent(type.getPackageName(), name -> new TreeMap<>())
                .computeIfAbsent(outermost(type), name -> new TreeSet<>());
        type.getDirectDependenciesFromSelf().stream()
                .map(Dependency::getTargetClass)
                .filter(target -> target.getPackageName().equals(type.getPackageName()))
                .map(Cycles::outermost)
                .filter(target -> !target.equals(outermost(type)))
                .forEach(found::add);
    }

    private static String outermost(JavaClass type) {
        JavaClass outer = type.getBaseComponentType();
        String name = outer.getName().substring(outer.getPackageName().length() + 1);
        int inner = name.indexOf('$');
        return inner < 0 ? name : name.substring(0, inner);
    }

    /**
     * The number of outermost classes of each package.
     *
     * @return the packages' full names and numbers
     */
    public Map<String, Integer> sizes() {
        Map<String, Integer> sizes = new TreeMap<>();
        packages.forEach((name, classes) -> sizes.put(name, classes.size()));
        return sizes;
    }

    /**
     * The packages whose largest cycle has more classes than allowed.
     *
     * @param allowed the number of classes
     * @return the packages' full names, and the classes of the cycle
     */
    public Map<String, Set<String>> largerThan(int allowed) {
        Map<String, Set<String>> large = new TreeMap<>();
        packages.forEach((name, classes) -> {
            Set<String> cycle = largest(classes);
            if (cycle.size() > allowed) {
                large.put(name, cycle);
            }
        });
        return large;
    }

    /**
     * A table of the packages: name, number of outermost classes, largest cycle.
     *
     * @return its lines, each with a line break
     */
    public String table() {
        StringBuilder table = new StringBuilder("package, classes, largest cycle\n");
        packages.forEach((name, classes) -> {
            Set<String> cycle = largest(classes);
            table.append(name).append(", ").append(classes.size()).append(", ");
            table.append(cycle.size() < 2 ? "none" : cycle.size() + " " + cycle).append('\n');
        });
        return table.toString();
    }

    /**
     * The largest set of classes each of which can be reached from each other one.
     *
     * @param classes the classes, and which others each depends on
     * @return the largest cycle; one class if there is no cycle
     */
    public static Set<String> largest(Map<String, Set<String>> classes) {
        Map<String, Set<String>> reached = new HashMap<>();
        classes.keySet().forEach(from -> reached.put(from, reach(from, classes)));
        return classes.keySet().stream()
                .map(from -> cycle(from, reached))
                .max(Comparator.comparingInt(Set::size))
                .orElseGet(Collections::emptySet);
    }

    private static Set<String> cycle(String from, Map<String, Set<String>> reached) {
        return reached.getOrDefault(from, Set.of()).stream()
                .filter(to -> reached.getOrDefault(to, Set.of()).contains(from))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> reach(String from, Map<String, Set<String>> classes) {
        Set<String> reached = new TreeSet<>(List.of(from));
        Deque<String> open = new ArrayDeque<>(reached);
        while (!open.isEmpty()) {
            for (String next : classes.getOrDefault(open.pop(), Set.of())) {
                if (reached.add(next)) {
                    open.push(next);
                }
            }
        }
        return reached;
    }
}
