// Programs where a paper should be, whole or inside something else. Rule and condition are ours; formats are public.

rule test_file {
    meta:
        kind = "malware"
        about = "the harmless file every scanner must find (EICAR)"
    strings:
        $text = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        $text
}

rule windows_program {
    meta:
        kind = "malware"
        about = "a DOS header that leads to a PE header"
    strings:
        $dos = "MZ"
    condition:
        for any nth in (1..#dos) : (
            uint32(@dos[nth] + 0x3c) < 0x10000 and uint32(@dos[nth] + uint32(@dos[nth] + 0x3c)) == 0x00004550
        )
}

rule unix_program {
    meta:
        kind = "malware"
        about = "an ELF header, or a Mach-O one"
    strings:
        $elf = { 7F 45 4C 46 (01 | 02) (01 | 02) 01 }
        $mach = { (CE | CF) FA ED FE (07 | 0C | 12) 00 00 (00 | 01) }
    condition:
        any of them
}

rule windows_shortcut {
    meta:
        kind = "malware"
        about = "a shell link, which starts a program when opened"
    strings:
        $header = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        $header
}

rule script_for_a_host {
    meta:
        kind = "malware"
        about = "words by which a script takes hold of Windows or of a web server"
    strings:
        $host = "WScript.Shell" ascii wide nocase
        $coded = /powershell[^\n]{0,80}-enc(odedcommand)?[ \t]/ ascii wide nocase
        $server = /<\?php[\x00-\xff]{0,400}(eval|system|passthru|shell_exec|base64_decode)[ \t]*\(/ nocase
    condition:
        any of them
}
