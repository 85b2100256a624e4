// What a document format may carry and no paper needs.

rule office_macros {
    meta:
        kind = "malware"
        about = "an Office file with a VBA project, old or new"
    strings:
        $compound = { D0 CF 11 E0 A1 B1 1A E1 }
        $project = "_VBA_PROJECT" wide
        $packed = "vbaProject.bin"
    condition:
        ($compound and $project) or $packed
}

rule rich_text_object {
    meta:
        kind = "malware"
        about = "rich text that carries an object to be activated"
    strings:
        $start = "{\\rt"
        $object = "\\objdata"
        $updated = "\\objupdate"
    condition:
        $start and $object and $updated
}

rule attached_program {
    meta:
        kind = "malware"
        about = "a PDF that attaches something Windows would run, by its name"
    strings:
        $attached = "/EmbeddedFile"
        $name = /\.(exe|scr|pif|com|bat|cmd|ps1|vbs|vbe|jse|wsf|hta|lnk|msi|jar)\)/ nocase
    condition:
        uint32be(0) == 0x25504446 and all of them
}

rule pdf_action {
    meta:
        kind = "active_content"
        about = "a PDF that runs a script, starts a program, or opens a file hidden in itself"
    strings:
        $script = /\/JavaScript[^A-Za-z0-9]/
        $program = /\/Launch[^A-Za-z0-9]/
        $hidden = /\/GoToE[^A-Za-z0-9]/
    condition:
        uint32be(0) == 0x25504446 and any of them
}
