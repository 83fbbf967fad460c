package dev.nfkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the cycles of classes that depend on each other small. Prints the largest one of each package. */
class CyclesTest {
    /** A list and its nodes, or a type, its owner and what it is made into, belong together; more do not. */
    private static final int LARGEST = 4;

    @Test
    void noPackageHasALargeCycle() {
        Map<String, Map<String, Set<String>>> packages = packages();
        assertTrue(packages.size() > 5, "core has more packages than " + packages.keySet());
        StringBuilder table = new StringBuilder("package, classes, largest cycle\n");
        Map<String, Set<String>> large = new TreeMap<>();
        packages.forEach((name, classes) -> {
            Set<String> cycle = largestCycle(classes);
            table.append(name).append(", ").append(classes.size()).append(", ");
            table.append(cycle.size() < 2 ? "none" : cycle.size() + " " + cycle).append('\n');
            if (cycle.size() > LARGEST) {
                large.put(name, cycle);
            }
        });
        System.out.print(table);
        assertEquals(Map.of(), large, "cycles of more than " + LARGEST + " classes");
    }

    @Test
    void aCycleIsFoundAndAChainIsNone() {
        Map<String, Set<String>> chain = Map.of("A", Set.of("B"), "B", Set.of("C"), "C", Set.of());
        assertEquals(1, largestCycle(chain).size());
        Map<String, Set<String>> cycle = Map.of("A", Set.of("B"), "B", Set.of("C"), "C", Set.of("A"), "D", Set.of("A"));
        assertEquals(Set.of("A", "B", "C"), largestCycle(cycle));
    }

    /** For each package its outermost classes, and which others of the package each depends on. */
    private static Map<String, Map<String, Set<String>>> packages() {
        Map<String, Map<String, Set<String>>> packages = new TreeMap<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.nfkit")) {
            if (type.getSimpleName().equals("package-info")) {
                continue;
            }
            Set<String> found = packages.computeIfAbsent(type.getPackageName(), name -> new TreeMap<>())
                    .computeIfAbsent(outermost(type), name -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().stream()
                    .map(Dependency::getTargetClass)
                    .filter(target -> target.getPackageName().equals(type.getPackageName()))
                    .map(CyclesTest::outermost)
                    .filter(target -> !target.equals(outermost(type)))
                    .forEach(found::add);
        }
        return packages;
    }

    private static String outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.isArray()) {
            outer = outer.getComponentType();
        }
        String name = outer.getName().substring(outer.getPackageName().length() + 1);
        int inner = name.indexOf('$');
        return inner < 0 ? name : name.substring(0, inner);
    }

    /** The largest set of classes each of which can be reached from each other one. */
    private static Set<String> largestCycle(Map<String, Set<String>> classes) {
        Map<String, Set<String>> reached = new HashMap<>();
        classes.keySet().forEach(from -> reached.put(from, reach(from, classes)));
        return classes.keySet().stream()
                .map(from -> reached.get(from).stream()
                        .filter(to -> reached.getOrDefault(to, Set.of()).contains(from))
                        .collect(Collectors.toCollection(TreeSet::new)))
                .max(Comparator.comparingInt(Collection::size))
                .orElseGet(TreeSet::new);
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
