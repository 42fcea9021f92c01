package org.fulmar.appservers.others;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Makes the archives that are deployed. Stateless. */
final class Archives {
    private static final String PACKAGE = "org/fulmar/appservers/others/app/";
    private static final List<String> COMMON = List.of("Names", "Tasks", "Greeter");

    private Archives() {}

    /** The archive to test, as it was built. */
    static Path adapter() {
        Path rar = Path.of(System.getProperty("fulmar.rar"));
        if (!Files.exists(rar)) {
            throw new IllegalStateException("build the module ra before, there is no " + rar);
        }
        return rar;
    }

    /** A file in the archive to test. */
    static String descriptor(String path) throws IOException {
        try (JarFile archive = new JarFile(adapter().toFile());
                InputStream in = archive.getInputStream(archive.getEntry(path))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * An EJB jar.
     *
     * @param names what the connection factories are called here
     * @param beans names of classes of the package app
     * @param descriptors by path
     * @param dependencies of the manifest, which WildFly knows, or empty
     */
    static Path application(
            Path jar,
            Map<String, String> names,
            List<String> beans,
            Map<String, String> descriptors,
            String dependencies)
            throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        if (!dependencies.isEmpty()) {
            manifest.getMainAttributes().putValue("Dependencies", dependencies);
        }
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            for (String name : COMMON) {
                addClass(out, name);
            }
            for (String name : beans) {
                addClass(out, name);
            }
            StringBuilder properties = new StringBuilder();
            names.forEach((key, value) ->
                    properties.append(key).append(" = ").append(value).append('\n'));
            add(out, "names.properties", properties.toString());
            // message-driven beans alone do not make WildFly inject
            add(out, "META-INF/beans.xml", "");
            for (Map.Entry<String, String> descriptor : descriptors.entrySet()) {
                add(out, descriptor.getKey(), descriptor.getValue());
            }
        }
        return jar;
    }

    private static void addClass(JarOutputStream out, String name) throws IOException {
        String path = PACKAGE + name + ".class";
        try (InputStream in = Archives.class.getClassLoader().getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException("no class " + path);
            }
            out.putNextEntry(new JarEntry(path));
            in.transferTo(out);
        }
    }

    private static void add(JarOutputStream out, String path, String text) throws IOException {
        out.putNextEntry(new JarEntry(path));
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
